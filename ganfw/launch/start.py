"""Starting and resuming a run: data, folder, training, and what is said to the user."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, redirect_stderr, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config.layers import Layer
from ..config.run_config import RunConfig
from ..errors import CheckpointError, RunError
from ..evaluation.evaluator import Evaluator
from ..evaluation.periodic import PeriodicEvaluation
from ..interfaces.shapes import Shapes
from ..registry.registry import Registry
from ..runs.plugin_copies import copy_plugin_files, register_plugin_copies
from ..runs.provenance import add_end, add_resumption, describe_run
from ..runs.records import PluginFileRecord, Provenance, read_provenance, write_provenance
from ..runs.saved_run import (
    check_installed,
    check_same_data,
    checkpoint_to_resume,
    saved_layer,
)
from ..runtime.distributed import Processes
from ..runtime.elastic import joined, keep_folder, kept_folder
from ..runtime.logs import log, silenced
from ..storage import atomic, run_dir
from ..storage.checkpoint import CheckpointStore
from ..storage.run_dir import RunDir
from ..training.compiling import compile_game
from ..training.interrupts import explain_out_of_memory, stop_on_signals
from ..training.progress import Outcome
from ..training.trainer import Trainer
from .build import build_game, build_trainer, check_game
from .prepare import PreparedRun, prepare, replaced


@dataclass(frozen=True)
class Finished:
    """A run that came to an end, finished or stopped."""

    folder: RunDir
    config: RunConfig
    outcome: Outcome


def start(registry: Registry, layers: Sequence[Layer], out: Path, argv: Sequence[str]) -> Finished:
    """Run what ``layers`` describe, in a new folder below ``out``. Raises GanfwError.

    Restarted by torchrun after a failure, it goes on with the folder that it made before.
    """
    with joined() as processes, silenced(not processes.is_first):
        before = _folder_before_restart(processes)
        if before is not None:
            return _go_on(registry, before, Layer("restart", {}), None, argv, processes)
        ready = prepare(registry, layers, processes)
        make_trainer = _assemble(ready)
        if not processes.is_first:
            return _follow(make_trainer, ready.config, _describe(ready, argv, ()))
        folder = run_dir.create(out, ready.config.name)
        keep_folder(folder.path)
        return _begin(make_trainer, folder, ready, argv)


def _folder_before_restart(processes: Processes) -> Path | None:
    """The folder that this job began and saved a checkpoint in, before torchrun restarted it."""
    kept = kept_folder() if processes.is_first else None
    saved = kept is not None and CheckpointStore(RunDir(kept).checkpoints).steps()
    name = processes.broadcast(str(kept) if saved else "")
    return Path(name) if name else None


def _begin(
    make_trainer: Callable[[RunDir], Trainer],
    folder: RunDir,
    ready: PreparedRun,
    argv: Sequence[str],
) -> Finished:
    """Train in the new ``folder``, once all that made the run is written there."""
    with folder.lock():
        log.info(str(folder.path))
        _say_if_session_only(ready.config)
        _write_config(folder, ready.config)
        files = copy_plugin_files(folder, ready.config.components)
        provenance = _describe(ready, argv, files)
        return _train(make_trainer(folder), folder, provenance, ready.config)


def _describe(
    ready: PreparedRun, argv: Sequence[str], files: Sequence[PluginFileRecord]
) -> Provenance:
    return describe_run(
        ready.config,
        ready.dataset.fingerprint(),
        len(ready.samples),
        ready.device,
        argv,
        files,
        ready.processes.count,
    )


def resume(
    registry: Registry,
    path: Path,
    changes: Layer,
    from_step: int | None,
    argv: Sequence[str],
) -> Finished:
    """Go on with the run in ``path`` from its last checkpoint, or the one of ``from_step``.

    ``changes`` may lengthen the run. Raises GanfwError.
    """
    with joined() as processes, silenced(not processes.is_first):
        return _go_on(registry, path, changes, from_step, argv, processes)


def _go_on(
    registry: Registry,
    path: Path,
    changes: Layer,
    from_step: int | None,
    argv: Sequence[str],
    processes: Processes,
) -> Finished:
    folder = run_dir.open_run(path)
    with folder.lock() if processes.is_first else nullcontext():
        provenance = read_provenance(folder)
        register_plugin_copies(registry, folder, provenance)
        check_installed(registry, provenance, path)
        step = checkpoint_to_resume(folder, from_step)
        state = CheckpointStore(folder.checkpoints).load(step)
        ready = prepare(registry, [saved_layer(folder), changes], processes)
        check_same_data(ready.dataset.fingerprint(), len(ready.samples), provenance.data, path)
        make_trainer = _assemble(ready)
        if not processes.is_first:
            return _follow(
                make_trainer, ready.config, provenance, lambda it: restore(it, state, folder, step)
            )
        trainer = make_trainer(folder)
        restore(trainer, state, folder, step)
        atomic.sweep(folder.checkpoints)
        atomic.sweep(folder.path)
        log.info(f"{folder.path}: going on after step {step} of {trainer.run.total_steps}")
        _write_config(folder, ready.config)
        files = copy_plugin_files(folder, ready.config.components, provenance.plugin_files)
        provenance = add_resumption(provenance, step, argv, ready.config, files, str(folder.config))
        return _train(trainer, folder, provenance, ready.config)


def _follow(
    make_trainer: Callable[[RunDir], Trainer],
    config: RunConfig,
    provenance: Provenance,
    take_up: Callable[[Trainer], None] | None = None,
) -> Finished:
    """Train as one of many: what the first process writes and says, this one keeps to itself."""
    with (
        tempfile.TemporaryDirectory() as name,
        Path(os.devnull).open("w") as nowhere,
        redirect_stderr(nowhere),
    ):
        folder = RunDir(Path(name))
        trainer = make_trainer(folder)
        if take_up is not None:
            take_up(trainer)
        return _train(trainer, folder, provenance, config)


def _assemble(ready: PreparedRun) -> Callable[[RunDir], Trainer]:
    """Build and check the players before a folder is made for them."""
    train, dataset, processes = ready.config.train, ready.dataset, ready.processes
    shapes = Shapes(
        tuple(dataset.sample_shape), dataset.value_range, dataset.classes, train.latent_dim
    )
    evaluation = _evaluation(ready, shapes)
    loader = ready.samples.loader(train.batch_size, train.seed, ready.device, processes)
    game = build_game(ready.config, shapes, ready.device, processes)
    for notice in check_game(ready.config, game, loader, shapes):
        log.warning(notice)
    if train.compile:
        began = time.perf_counter()
        compile_game(game, loader, shapes.latent_dim, train.disc_steps)
        seconds = time.perf_counter() - began
        log.info(f"the networks are compiled ({seconds:.1f} s), and agree with the eager ones")
    return lambda folder: build_trainer(ready, game, loader, folder, shapes, evaluation)


def _evaluation(ready: PreparedRun, shapes: Shapes) -> PeriodicEvaluation | None:
    """What judges the run by its metrics, in the first process; those that do not fit are refused
    here, before anything is built or written."""
    metrics = ready.config.metrics
    if not metrics or not ready.processes.is_first:
        return None
    evaluator = Evaluator(metrics, ready.dataset, ready.config.data, ready.samples, shapes)
    return PeriodicEvaluation(evaluator)


def _train(trainer: Trainer, folder: RunDir, provenance: Provenance, config: RunConfig) -> Finished:
    """Train with ``provenance`` written before, and how it ended after."""
    provenance = provenance.model_copy(update={"total_steps": trainer.run.total_steps})
    write_provenance(folder, provenance)
    try:
        with stop_on_signals(trainer.run.requests), explain_out_of_memory(config.train):
            outcome = trainer.fit()
    except Exception as error:
        _write_end(folder, add_end(provenance, trainer.progress.step, failed=error))
        raise
    _write_end(folder, add_end(provenance, outcome.step, stopped=outcome.stopped))
    if config.asked:
        log.warning(replaced(config.asked, config.data.use))
    if outcome.stopped:
        log.info(
            f"stopped by {outcome.stopped} after step {outcome.step}, all state is saved; "
            f"go on with: ganfw resume {folder.path}"
        )
    return Finished(folder, config, outcome)


def _write_end(folder: RunDir, provenance: Provenance) -> None:
    # What the run made is saved by now; a full disk must not hide how it went.
    with suppress(OSError):
        write_provenance(folder, provenance)


def _say_if_session_only(config: RunConfig) -> None:
    labels = [it.label for it in config.components if it.source.kind == "session"]
    if labels:
        log.warning(
            f"{', '.join(labels)} {'live' if len(labels) > 1 else 'lives'} in this session "
            "only: the run can't be reloaded elsewhere, until that code is in a file or a package"
        )


def _write_config(folder: RunDir, config: RunConfig) -> None:
    atomic.write_text(folder.config, config.to_toml())


def restore(trainer: Trainer, state: dict[str, Any], folder: RunDir, step: int) -> None:
    try:
        trainer.load_state_dict(state)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"the checkpoint of step {step} in {folder.checkpoints} does not fit this run: "
            f"{str(error).splitlines()[0]}"
        ) from error
    if trainer.progress.step >= trainer.run.total_steps:
        raise RunError(
            f"{folder.path} is finished ({trainer.run.epochs} epochs, {step} steps): "
            f"give --epochs {trainer.run.epochs * 2}, or --steps {step * 2}, to go on"
        )
