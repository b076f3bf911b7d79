"""Starting a run in a new folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..config.layers import Layer
from ..config.run_config import RunConfig
from ..errors import RunError
from ..registry.registry import Registry
from ..runs.plugin_copies import copy_plugin_files
from ..runs.provenance import describe_run
from ..runs.records import PluginFileRecord, Provenance, StartRecord
from ..runtime.deterministic import only_deterministic
from ..runtime.elastic import joined
from ..runtime.logs import log, silenced
from ..runtime.second_derivatives import fast_second_derivatives
from ..runtime.terminal import shielded
from ..runtime.threads import say_busy_cores
from ..storage import atomic, run_dir
from ..storage.run_dir import RunDir, explain_disk
from .prepare import PreparedRun, prepare
from .restart import find_job, run_of_job
from .resume import resume_as
from .starting_point import starting_point
from .train import Finished, MakeTrainer, assemble, train, train_silently


def start(registry: Registry, layers: Sequence[Layer], out: Path, argv: Sequence[str]) -> Finished:
    """Run what ``layers`` describe, in a new folder below ``out``. Raises GanfwError.

    Where torchrun starts it anew, it resumes the run in the folder that it made before.
    """
    with joined() as processes, silenced(not processes.is_first), shielded():
        job = find_job(registry, layers) if processes.is_first else None
        before = run_of_job(job, out, processes)
        if before is not None:
            return resume_as(processes, registry, before, Layer("restart", {}), None, argv)
        prepared = prepare(registry, layers, processes)
        say_busy_cores(prepared.device, processes)
        deterministic = prepared.config.train.deterministic
        with only_deterministic(deterministic), fast_second_derivatives():
            return _start(prepared, out, argv, job)


def _start(prepared: PreparedRun, out: Path, argv: Sequence[str], job: str | None) -> Finished:
    source = starting_point(prepared.config)
    make_trainer = assemble(prepared, source.give_weights) if source else assemble(prepared)
    started_from = source.record if source else None
    if not prepared.processes.is_first:
        provenance = _describe(prepared, argv, (), started_from)
        return train_silently(make_trainer, provenance, prepared.config)
    folder = run_dir.create(out, prepared.config.name)
    return _train_in(folder, make_trainer, prepared, argv, started_from, job)


def _train_in(
    folder: RunDir,
    make_trainer: MakeTrainer,
    prepared: PreparedRun,
    argv: Sequence[str],
    started_from: StartRecord | None,
    job: str | None,
) -> Finished:
    """Write everything that defines the run to the new ``folder``, then train there."""
    config = prepared.config
    with _removed_if_refused(folder):
        lock = folder.lock()
    with lock:
        log.info(str(folder.path))
        _warn_of_session_components(config)
        with _removed_if_refused(folder):
            atomic.write_text(folder.config, config.to_toml())
            files = copy_plugin_files(folder, config.components)
        provenance = _describe(prepared, argv, files, started_from)
        if job is not None:
            provenance = provenance.model_copy(update={"job": job})
        return train(make_trainer(folder), provenance, config)


@contextmanager
def _removed_if_refused(folder: RunDir) -> Iterator[None]:
    """If the disk refuses a run's first files, no folder of it is left. Raises RunError."""
    try:
        with explain_disk(folder.path):
            yield
    except RunError:
        folder.discard()
        raise


def _describe(
    prepared: PreparedRun,
    argv: Sequence[str],
    files: Sequence[PluginFileRecord],
    started_from: StartRecord | None,
) -> Provenance:
    return describe_run(
        prepared.config,
        prepared.dataset.fingerprint(),
        len(prepared.samples),
        prepared.device,
        argv,
        files,
        prepared.processes.count,
        started_from,
    )


def _warn_of_session_components(config: RunConfig) -> None:
    labels = [found.label for found in config.components if found.source.kind == "session"]
    if labels:
        log.warning(
            f"{', '.join(labels)} {'live' if len(labels) > 1 else 'lives'} in this session "
            "only: the run can't be reloaded elsewhere, until that code is in a file or a package"
        )
