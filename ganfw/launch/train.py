"""Training a prepared run to its end: what starting and resuming have in common."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass
from pathlib import Path

from ..config.run_config import RunConfig
from ..errors import PluginError, UsageError
from ..evaluation.evaluator import Evaluator
from ..evaluation.periodic import PeriodicEvaluation
from ..interfaces.shapes import Shapes
from ..runs.provenance import add_end
from ..runs.records import Provenance, write_provenance
from ..runtime.distributed import explain_lost_process
from ..runtime.logs import log
from ..storage.run_dir import RunDir, explain_disk
from ..training.compiling import compile_game
from ..training.game import Game
from ..training.graphs import capture_game
from ..training.interrupts import explain_out_of_memory, stop_on_signals
from ..training.progress import Outcome
from ..training.trainer import Trainer
from .build import build_callbacks, build_game, build_jitter, build_trainer, total_steps
from .checks import check_cuda_graphs, check_game
from .prepare import PreparedRun, replacement_notice
from .schedules import unreached_phases

MakeTrainer = Callable[[RunDir], Trainer]
"""Builds what is left to build once the run has a folder."""


@dataclass(frozen=True)
class Finished:
    """A run that came to an end, finished or stopped."""

    folder: RunDir
    config: RunConfig
    outcome: Outcome


def _as_built(game: Game) -> None:
    """The networks start with the weights that they are built with."""


def assemble(
    prepared: PreparedRun, give_weights: Callable[[Game], None] = _as_built
) -> MakeTrainer:
    """Build and check the players before a folder is made for them; ``give_weights`` gives them
    those to start with."""
    options, dataset, processes = prepared.config.train, prepared.dataset, prepared.processes
    shapes = Shapes(
        tuple(dataset.sample_shape),
        dataset.value_range,
        dataset.classes,
        options.latent_dim,
        tuple(dataset.label_shape),
        dataset.label_values,
    )
    evaluation = _evaluation(prepared, shapes)
    loader = prepared.samples.loader(options.batch_size, options.seed, prepared.device, processes)
    loader.jitter = build_jitter(options, shapes)
    game = build_game(prepared.config, shapes, prepared.device, processes)
    game.turns.total_steps = total_steps(prepared.config, loader)
    give_weights(game)
    for notice in (
        *check_game(prepared.config, game, loader, shapes),
        *unreached_phases(prepared.config, game.turns.total_steps),
    ):
        log.warning(notice)
    if options.cuda_graphs:
        check_cuda_graphs(prepared.config, prepared.device, processes)
    if options.compile:
        began = time.perf_counter()
        compile_game(game, loader, shapes, options.disc_steps)
        seconds = time.perf_counter() - began
        log.info(f"the networks are compiled ({seconds:.1f} s), and agree with the eager ones")
    play_step = game.step
    if options.cuda_graphs:
        play_step = capture_game(game, loader, shapes, options.disc_steps).step
        log.info("the steps are captured as CUDA graphs, and agree with the launched ones")
    callbacks = build_callbacks(prepared.config, game, processes)
    return lambda folder: build_trainer(
        prepared, game, loader, folder, shapes, callbacks, play_step, evaluation
    )


def train(trainer: Trainer, provenance: Provenance, config: RunConfig) -> Finished:
    """Train. ``provenance`` is written before, and how the run ended is added after. Where the disk
    refuses a new run's first files, or a callback what it is asked for, no folder is left of it."""
    folder = trainer.run.folder
    provenance = provenance.model_copy(update={"total_steps": trainer.run.total_steps})
    try:
        with (
            explain_disk(folder.path),
            explain_out_of_memory(config.train),
            explain_lost_process(),
            stop_on_signals(trainer.run.requests),
        ):
            write_provenance(folder, provenance)
            outcome = trainer.fit()
    except Exception as error:
        if trainer.progress.step == 0 and _refuses(error):
            folder.discard()
        else:
            _write_end(folder, add_end(provenance, trainer.progress.step, failed=error))
        raise
    _write_end(folder, add_end(provenance, outcome.step, stopped=outcome.stopped))
    if config.asked:
        log.warning(replacement_notice(config.asked, config.data.use))
    if outcome.stopped:
        log.info(
            f"stopped by {outcome.stopped} after step {outcome.step}, all state is saved; "
            f"continue with: ganfw resume {folder.path}"
        )
    return Finished(folder, config, outcome)


def _refuses(error: Exception) -> bool:
    """Whether a run never began: there is no room for its first files, or a callback can't do what
    it was asked to do."""
    return isinstance(error.__cause__, OSError) or isinstance(error, UsageError | PluginError)


def train_silently(
    make_trainer: MakeTrainer, provenance: Provenance, config: RunConfig
) -> Finished:
    """Train in a process that is not the first of the run: what it writes and prints is dropped,
    since the first process writes and prints it too."""
    with (
        tempfile.TemporaryDirectory() as name,
        Path(os.devnull).open("w") as nowhere,
        redirect_stderr(nowhere),
    ):
        return train(make_trainer(RunDir(Path(name))), provenance, config)


def _evaluation(prepared: PreparedRun, shapes: Shapes) -> PeriodicEvaluation | None:
    """The run's metrics, in the first process. Those that do not fit the data are refused here,
    before anything is built or written."""
    metrics = prepared.config.metrics
    if not metrics or not prepared.processes.is_first:
        return None
    evaluator = Evaluator(metrics, prepared.dataset, prepared.config.data, prepared.samples, shapes)
    return PeriodicEvaluation(evaluator)


def _write_end(folder: RunDir, provenance: Provenance) -> None:
    # The weights are saved by now; a full disk must not hide how the run ended.
    with suppress(OSError):
        write_provenance(folder, provenance)
