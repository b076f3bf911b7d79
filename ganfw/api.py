"""ganfw from Python: three lines start a run, one loads a generator."""

from __future__ import annotations

import json
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
from .runtime.logs import log, print_logs
from .storage.atomic import write_text
from .storage.run_dir import RunDir

if TYPE_CHECKING:
    from PIL import Image

    from .launch.start import Finished
    from .sampling.sampler import Sampler
    from .training.progress import Outcome

Names = str | Sequence[str] | None
Paths = str | Path | Sequence[str | Path] | None


@dataclass(frozen=True)
class Run:
    """A run on disk. ``outcome`` is how it ended, where this process trained it."""

    path: Path
    outcome: Outcome | None = None

    def sample(
        self,
        n: int = 64,
        seed: int = 0,
        truncation: float | None = None,
        labels: Sequence[int] = (),
    ) -> Any:
        """``n`` new samples (n, ...) as a tensor on the CPU, by the EMA generator if there is one.

        Latents beyond ±``truncation`` are drawn again, ``labels`` are used in turn. Raises
        GanfwError.
        """
        return load(self.path).sample(n, seed, truncation, labels)

    def preview(self, n: int = 64, seed: int = 0) -> Image.Image:
        """A picture of ``n`` new samples."""
        sampler = load(self.path)
        return sampler.preview(sampler.sample(n, seed))

    def metrics(self) -> list[dict[str, Any]]:
        """Every line of the metrics log."""
        lines = (self.path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def evaluate(
        self,
        metrics: Names = None,
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        best: bool = False,
    ) -> list[dict[str, Any]]:
        """Score the generator, and keep the scores: a record of each metric's ``result`` and how
        it was made. Without ``metrics`` those tagged "default" that fit the data.

        ``settings`` holds their options by path, such as ``{"metric.swd.samples": 4096}``; with
        ``best`` the generator that scored best in training is used. Raises GanfwError.
        """
        from .evaluation.evaluate_run import Asked, evaluate

        layer = settings_layer(settings or {}, "evaluate()")
        asked = Asked(_listed(metrics), layer, seed, best=best)
        return evaluate(_registry(), self.path, asked).records

    def scores(self) -> list[dict[str, Any]]:
        """Every score kept so far, oldest first, as `evaluate` returns them. Raises RunError."""
        from .runs.scores import read_scores

        return read_scores(RunDir(self.path).scores)

    def report(self, output: str | Path | None = None) -> Path:
        """Write the page that ``ganfw report`` writes, by default ``report.html`` in the run's
        folder; return its path. Raises RunError."""
        from .report.page import render
        from .report.summary import named_apart, read

        target = self.path / "report.html" if output is None else Path(output)
        page = render(named_apart([read(self.path)]))
        try:
            write_text(target, page)
        except OSError as error:
            raise RunError(f"{target} can't be written: {error.strerror}") from None
        return target

    def resume(self, epochs: int | None = None, steps: int | None = None) -> Run:
        """Continue training, to ``epochs`` or ``steps`` in total. Raises GanfwError."""
        return resume(self.path, epochs=epochs, steps=steps)

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
    lr: float | None = None,
    size: int | str | Sequence[int] | None = None,
    latent_dim: int | None = None,
    name: str | None = None,
) -> Run:
    """Train a GAN; what ``ganfw run`` does, with the same names.

    ``settings`` holds any option by its path, such as ``{"gen.optimizer.lr": 2e-4}``; ``lr`` sets
    both optimizers, ``size`` the dataset's picture size in pixels, ``name`` the name part of the
    run's folder; ``plugin`` are files whose components to use as well. Raises GanfwError.
    """
    from .launch.start import start

    request = RunRequest(
        recipe=recipe,
        config=_paths(config),
        gen=gen,
        disc=disc,
        data=data,
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
    )
    registry = _registry(plugin)
    return _as_run(start(registry, request.layers(registry, "run()"), Path(out), command_line()))


def resume(
    path: str | Path,
    epochs: int | None = None,
    steps: int | None = None,
    device: str | None = None,
    from_step: int | None = None,
    plugin: Paths = None,
) -> Run:
    """Continue a run from its last checkpoint; what ``ganfw resume`` does. Raises GanfwError."""
    from .launch.start import resume as resume_run

    changes = RunRequest(epochs=epochs, steps=steps, device=device).options_layer("resume()")
    finished = resume_run(_registry(plugin), Path(path), changes, from_step, command_line())
    return _as_run(finished)


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
        raise RunError(f"no run folder {folder}")
    generator = find_generator(folder, best)
    registry = _registry(plugin)
    run = RunDir(generator.parent)
    if run.provenance.is_file():
        register_plugin_copies(registry, run, run.read_provenance())
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


def _as_run(finished: Finished) -> Run:
    return Run(finished.folder.path, finished.outcome)
