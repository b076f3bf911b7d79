"""ganfw from Python: three lines start a run, one loads a generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config.layers import settings_layer
from .config.request import RunRequest
from .errors import RunError
from .registry.discovery import discover
from .registry.registry import Registry
from .runs.plugin_copies import register_plugin_copies
from .runs.provenance import command_line
from .runs.records import read_provenance
from .runs.saved_run import saved_layer
from .runtime.logs import log, print_logs
from .storage.run_dir import RunDir, near_runs, open_run

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

    from .launch.train import Finished
    from .runs.records import MetricsRow, ScoreRecord
    from .sampling.sampler import Sampler
    from .training.progress import Outcome

Names = str | Sequence[str] | None
Paths = str | Path | Sequence[str | Path] | None


@dataclass(frozen=True)
class Run:
    """A run on disk. ``outcome`` is how it ended, where this process trained it."""

    path: Path
    outcome: Outcome | None = None

    def __post_init__(self) -> None:
        # A notebook may change its working folder (%cd).
        object.__setattr__(self, "path", Path(self.path).absolute())

    def sample(
        self,
        n: int = 64,
        seed: int = 0,
        truncation: float | None = None,
        labels: int | str | Sequence[int | str] | Tensor = (),
    ) -> Any:
        """``n`` new samples (n, ...) as a tensor on the CPU, by the EMA generator if there is one.

        See `Sampler.batches` for ``truncation`` and ``labels``, which are used in turn: classes by
        number or name, one or several, or arrays (N, ...) of the data's labels' shape. Raises
        GanfwError.
        """
        return load(self.path).sample(n, seed, truncation, labels)

    def preview(self, n: int = 64, seed: int = 0) -> Image.Image:
        """A picture of ``n`` new samples, each beside its label where that is a picture too."""
        return load(self.path).preview_samples(n, seed)

    def metrics(self) -> list[MetricsRow]:
        """Every logged step so far, also of a run that is being trained. Raises RunError for a run
        without a log, or with a damaged one."""
        from .runs.records import read_metrics

        folder = open_run(self.path)
        if not folder.metrics.is_file():
            raise RunError(
                f"{self.path} has no {folder.metrics.name}: it ran without callback metrics-log"
            )
        return read_metrics(folder)

    def evaluate(
        self,
        metrics: Names = None,
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        best: bool = False,
        data: str | Path | None = None,
    ) -> list[ScoreRecord]:
        """Score the generator and keep the scores: a record for each metric, of what it found and
        how. Without ``metrics`` those tagged "default" that fit the data.

        ``settings`` holds their options by path, such as ``{"metric.swd.samples": 4096}``. With
        ``best`` it is the generator that was best while training. ``data`` is where the run's data
        is now, if it was moved. Raises GanfwError.
        """
        from .evaluation.evaluate_run import EvaluationRequest, evaluate

        layer = settings_layer(settings or {}, "evaluate()")
        request = EvaluationRequest(_listed(metrics), layer, seed, best=best, data=_path(data))
        return evaluate(_registry(), self.path, request).records

    def scores(self) -> list[ScoreRecord]:
        """Every score kept so far, oldest first, as `evaluate` returns them. Raises RunError."""
        from .runs.scores import read_scores

        return read_scores(open_run(self.path))

    def report(self, output: str | Path | None = None) -> Path:
        """Write the page that ``ganfw report`` writes, by default ``report.html`` in the run's
        folder; return its path. Raises RunError."""
        from .report.page import write_report

        return write_report([self.path], None if output is None else Path(output))

    def resume(
        self,
        epochs: int | None = None,
        steps: int | None = None,
        settings: Mapping[str, Any] | None = None,
        data: str | Path | None = None,
    ) -> Run:
        """Continue training, to ``epochs`` or ``steps`` in total; ``settings`` may change rates,
        losses and callbacks by path, and ``data`` is where the run's data is now, if it was moved.
        Raises GanfwError."""
        return resume(self.path, epochs=epochs, steps=steps, settings=settings, data=data)

    def _repr_png_(self) -> bytes | None:
        """What a notebook shows: the newest sample picture."""
        pictures = RunDir(self.path).pictures()
        return pictures[-1].read_bytes() if pictures else None


def run(
    gen: str | None = None,
    disc: str | None = None,
    data: str | None = None,
    loss: Names = None,
    augment: Names = None,
    callback: Names = None,
    no_callback: Names = None,
    recipe: str | None = None,
    config: Paths = None,
    settings: Mapping[str, Any] | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    seed: int | None = None,
    device: str | None = None,
    out: str | Path = "runs",
    plugin: Paths = None,
    compile: bool | None = None,
    precision: str | None = None,
    metric: Names = None,
    batch_size: int | None = None,
    lr: float | str | None = None,
    size: int | str | Sequence[int] | None = None,
    latent_dim: int | None = None,
    name: str | None = None,
    network: Names = None,
    start_from: str | Path | None = None,
) -> Run:
    """Train a GAN; what ``ganfw run`` does, with the same names.

    A component in a list may be given a name: ``loss=["nonsaturating", "r1", "late=r1"]``.
    ``settings`` holds any option by its path, such as ``{"gen.optimizer.lr": 2e-4}``, and
    schedules, such as ``{"loss.late.gamma": "0..10 over 500"}``; ``lr`` sets
    both optimizers, ``size`` the dataset's picture size in pixels, ``name`` the name part of the
    run's folder; ``plugin`` are files whose components to use as well; ``start_from`` is the folder
    of a run whose networks and config to start from. Without networks, the kind of data chooses a
    recipe. Raises GanfwError.
    """
    from .launch.start import start

    request = RunRequest(
        recipe=recipe,
        config=_paths(config),
        gen=gen,
        disc=disc,
        data=data,
        network=_listed(network),
        loss=_listed(loss),
        augment=_listed(augment),
        callback=_listed(callback),
        no_callback=_listed(no_callback),
        metric=_listed(metric),
        settings=settings or {},
        epochs=epochs,
        steps=steps,
        batch_size=batch_size,
        lr=lr,
        size=size,
        latent_dim=latent_dim,
        seed=seed,
        device=device,
        precision=precision,
        compile=compile,
        name=name,
        start_from=start_from,
    )
    registry = _registry(plugin)
    if start_from is not None:
        folder = open_run(Path(start_from))
        register_plugin_copies(registry, folder, read_provenance(folder))
    return _as_run(start(registry, request.layers(registry, "run()"), Path(out), command_line()))


def resume(
    path: str | Path,
    epochs: int | None = None,
    steps: int | None = None,
    device: str | None = None,
    from_step: int | None = None,
    plugin: Paths = None,
    settings: Mapping[str, Any] | None = None,
    callback: Names = None,
    no_callback: Names = None,
    data: str | Path | None = None,
    loss: Names = None,
    no_loss: Names = None,
) -> Run:
    """Continue a run from its last checkpoint; what ``ganfw resume`` does: ``loss`` and
    ``callback`` are added to those that the run has. Raises GanfwError."""
    from .launch.resume import resume as resume_run

    request = RunRequest(
        epochs=epochs,
        steps=steps,
        device=device,
        settings=settings or {},
        loss=_listed(loss),
        no_loss=_listed(no_loss),
        callback=_listed(callback),
        no_callback=_listed(no_callback),
    )
    registry, place = _registry(plugin), _path(data)
    changes = request.changes(registry, saved_layer(open_run(Path(path))), "resume()")
    return _as_run(resume_run(registry, Path(path), changes, from_step, command_line(), place))


def load(path: str | Path, plugin: Paths = None, best: bool = False) -> Sampler:
    """The generator of a run folder, or of an exported network's own folder, ready to sample;
    with ``best`` the one that scored best by the run's first metric.

    Plugin files are used from the run's own copies, unless they are given with ``plugin``. Raises
    RunError if there is no generator, or something it needs is missing.
    """
    from .runs.network import find_generator
    from .sampling.sampler import Sampler

    folder = Path(path)
    if not folder.is_dir():
        raise RunError(f"no run folder {folder}{near_runs(folder)}")
    generator = find_generator(folder, best)
    registry = _registry(plugin)
    run = RunDir(generator.parent)
    if run.provenance.is_file():
        register_plugin_copies(registry, run, read_provenance(run))
    return Sampler(generator, registry)


def _registry(plugin: Paths = None) -> Registry:
    """Every component. What is logged is printed, unless the program has its own logging."""
    if not log.hasHandlers():
        print_logs()
    return discover(_paths(plugin))


def _listed(names: Any) -> list[Any]:
    if names is None:
        return []
    return [names] if isinstance(names, str | Path) else list(names)


def _paths(paths: Paths) -> list[Path]:
    return [Path(path) for path in _listed(paths)]


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


def _as_run(finished: Finished) -> Run:
    return Run(finished.folder.path, finished.outcome)
