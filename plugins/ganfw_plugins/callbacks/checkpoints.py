"""When the run is saved, and how many saves are kept. The engine does the saving itself."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from ganfw import Callback, Checkpoint, EpochEnd, RunView, StepEnd, TrainEnd, TrainStart, log

from .options import CheckpointsOptions


class Checkpoints(Callback):
    """Asks for a save each ``every_epochs`` epochs, at most once in ``min_seconds``; or, where
    ``every_steps`` is set, at exactly those steps. The engine saves the last step unasked.

    A save is removed only once newer ones are complete, and never the one that ``last`` or
    ``best`` names. So
    while a save is being written, there may be one more than ``keep``, if ``keep`` is 1.
    """

    options: CheckpointsOptions

    def on_train_start(self, event: TrainStart) -> None:
        self._saved = time.monotonic()

    def on_step_end(self, event: StepEnd) -> None:
        if self.options.every_steps and event.step % self.options.every_steps == 0:
            event.run.request_checkpoint()

    def on_epoch_end(self, event: EpochEnd) -> None:
        due = self.options.every_steps is None and event.epoch % self.options.every_epochs == 0
        if due and time.monotonic() - self._saved >= self.options.min_seconds:
            event.run.request_checkpoint()

    def on_checkpoint(self, event: Checkpoint) -> None:
        """Make room for the save to come, but leave a whole one in case it fails."""
        self._saved = time.monotonic()
        _prune(event.run, max(self.options.keep - 1, 1))

    def on_train_end(self, event: TrainEnd) -> None:
        _prune(event.run, self.options.keep)


def last_checkpoint(checkpoints: Path) -> Path | None:
    """The save that ``last`` names, or None if there is none."""
    return _named(checkpoints, "last")


def _named(checkpoints: Path, name: str) -> Path | None:
    try:
        folder = checkpoints / (checkpoints / name).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return folder if folder.is_dir() else None


def _prune(run: RunView, keep: int) -> None:
    """Remove all but the ``keep`` newest whole saves, and the best one."""
    checkpoints = run.folder.checkpoints
    # The engine names the best one where metrics judge the run.
    spared = (last_checkpoint(checkpoints), _named(checkpoints, "best"))
    whole = sorted((each for each in checkpoints.glob("*") if each.name.isdigit()), key=_step_of)
    for folder in whole[:-keep]:
        if folder not in spared:
            _remove(run, folder)


def _remove(run: RunView, folder: Path) -> None:
    # Renamed first, to what the engine takes for an unfinished write, so that nobody takes a half
    # removed save for a whole one.
    doomed = folder.with_name(f".tmp-{folder.name}")
    try:
        shutil.rmtree(doomed, ignore_errors=True)
        shutil.rmtree(folder.rename(doomed))
    except OSError as error:
        log.warning(f"can't remove the old checkpoint {folder}: {error.strerror}")


def _step_of(folder: Path) -> int:
    return int(folder.name)
