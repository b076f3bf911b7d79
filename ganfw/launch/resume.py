"""Resuming a run from a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from ..config.layers import Layer
from ..config.run_config import resolve
from ..errors import CheckpointError, RunError, reason_of
from ..registry.registry import Registry
from ..runs.plugin_copies import copy_plugin_files, register_plugin_copies
from ..runs.provenance import add_resumption, threads_before
from ..runs.records import Provenance, read_provenance
from ..runs.saved_run import (
    check_installed,
    check_not_moved,
    check_same_data,
    checkpoint_to_resume,
    moved,
    place_in,
    saved_layer,
)
from ..runtime.deterministic import only_deterministic
from ..runtime.distributed import Processes
from ..runtime.elastic import joined
from ..runtime.logs import log, silenced
from ..runtime.second_derivatives import fast_second_derivatives
from ..runtime.terminal import shielded
from ..storage import atomic, run_dir
from ..storage.checkpoint import CheckpointStore
from ..storage.run_dir import RunDir, explain_disk
from ..training.trainer import Trainer
from .changes import Changes, apply_to_optimizers, find_changes, optimizer_settings, said
from .prepare import PreparedRun, prepare
from .train import Finished, assemble, train, train_silently


def resume(
    registry: Registry,
    path: Path,
    changes: Layer,
    from_step: int | None,
    argv: Sequence[str],
    data: Path | None = None,
) -> Finished:
    """Resume the run in ``path`` from its last checkpoint, or the one of ``from_step``.

    ``changes`` may lengthen the run, and change what its saved state allows, such as rates, losses'
    weights and callbacks; ``data`` is where its data is now, if it was moved. Raises GanfwError.
    """
    with joined() as processes, silenced(not processes.is_first), shielded():
        return resume_as(processes, registry, path, changes, from_step, argv, data)


def resume_as(
    processes: Processes,
    registry: Registry,
    path: Path,
    changes: Layer,
    from_step: int | None,
    argv: Sequence[str],
    data: Path | None = None,
) -> Finished:
    """`resume`, as one of ``processes`` that have joined already."""
    folder = run_dir.open_run(path)
    with folder.lock() if processes.is_first else nullcontext(), explain_disk(path):
        provenance = read_provenance(folder)
        register_plugin_copies(registry, folder, provenance)
        check_installed(registry, provenance, path)
        step = checkpoint_to_resume(folder, from_step)
        layers = _layers(folder, changes, data)
        before = resolve(registry, [*layers[:-1], place_in(changes, layers[0])])
        found = find_changes(before, resolve(registry, layers), str(path))
        state = CheckpointStore(folder.checkpoints).load(step)
        prepared = prepare(registry, layers, processes)
        fingerprint, examples = prepared.dataset.fingerprint(), len(prepared.samples)
        check_same_data(fingerprint, examples, provenance.data, path)
        deterministic = prepared.config.train.deterministic
        with only_deterministic(deterministic), fast_second_derivatives():
            return _go_on(folder, prepared, provenance, state, step, argv, found)


def _layers(folder: RunDir, changes: Layer, data: Path | None) -> list[Layer]:
    saved = saved_layer(folder)
    if data is not None:
        return [saved, moved(saved, data, folder.path, changes.source), changes]
    check_not_moved(saved, changes, folder.path, "resume")
    return [saved, changes]


def _go_on(
    folder: RunDir,
    prepared: PreparedRun,
    provenance: Provenance,
    state: dict[str, Any],
    step: int,
    argv: Sequence[str],
    found: Changes,
) -> Finished:
    config, make_trainer = prepared.config, assemble(prepared)

    def make_restored(where: RunDir) -> Trainer:
        trainer = make_trainer(where)
        settings = optimizer_settings(trainer)
        _restore(trainer, state, folder, step)
        _check_unfinished(trainer, provenance, folder)
        apply_to_optimizers(trainer, settings, found)
        return trainer

    if not prepared.processes.is_first:
        return train_silently(make_restored, provenance, config)
    trainer = make_restored(folder)
    atomic.sweep(folder.checkpoints)
    atomic.sweep(folder.path)
    _note_threads(provenance, prepared.device)
    log.info(f"{folder.path}: resuming after step {step} of {trainer.run.total_steps}")
    for line in said(found):
        log.info(line)
    atomic.write_text(folder.config, config.to_toml())
    files = copy_plugin_files(folder, config.components, provenance.plugin_files)
    provenance = add_resumption(provenance, step, argv, config, files, str(folder.config), found)
    return train(trainer, provenance, config)


def _note_threads(provenance: Provenance, device: torch.device) -> None:
    """On a CPU, sums in another order round differently."""
    before, now = threads_before(provenance), torch.get_num_threads()
    if device.type == "cpu" and before not in (None, now):
        log.warning(
            f"this run was trained with threads: {before}, and goes on with {now}. Numbers round "
            "differently, so it will not end with the weights of an unbroken run; "
            f"OMP_NUM_THREADS={before} keeps them"
        )


def _restore(trainer: Trainer, state: dict[str, Any], folder: RunDir, step: int) -> None:
    try:
        trainer.load_state_dict(state)
    # torch, optimizers and callbacks each raise what comes of a state that is not theirs.
    except Exception as error:
        raise CheckpointError(
            f"the checkpoint of step {step} in {folder.checkpoints} does not fit this run: "
            f"{reason_of(error)}"
        ) from error


def _check_unfinished(trainer: Trainer, provenance: Provenance, folder: RunDir) -> None:
    """Raises RunError for a run that has come to its end; but not where it was killed, or failed,
    after its last step: what is left to do at its end is done then."""
    step, total = trainer.progress.step, trainer.run.total_steps
    ended = provenance.ended is not None and provenance.ended.failed is None
    if step > total or (step == total and ended):
        raise RunError(
            f"{folder.path} is finished ({trainer.run.epochs} epochs, {step} steps): "
            f"give --epochs {trainer.run.epochs * 2}, or --steps {step * 2}, to go on"
        )
