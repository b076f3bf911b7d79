"""When the run is saved, and how many checkpoints are kept. The engine does the saving."""

from __future__ import annotations

import time

from ganfw import Callback, Checkpoint, EpochEnd, GradientsReady, RunView, TrainEnd, TrainStart, log

from .options import CheckpointsOptions


class Checkpoints(Callback):
    """Requests a checkpoint every ``every_epochs`` epochs, at most once in ``min_seconds``; or, if
    ``every_steps`` is set, at exactly those steps. The engine always saves the last step.

    A checkpoint is removed only once newer ones are complete, and never the last or the best one.
    So if ``keep`` is 1, there are two while one is being written.
    """

    options: CheckpointsOptions

    def on_train_start(self, event: TrainStart) -> None:
        self._saved = time.monotonic()

    def on_gradients_ready(self, event: GradientsReady) -> None:
        # At the end of the step, several processes would only agree on it for the next.
        if self.options.every_steps and event.step % self.options.every_steps == 0:
            event.run.request_checkpoint()

    def on_epoch_end(self, event: EpochEnd) -> None:
        due = self.options.every_steps is None and event.epoch % self.options.every_epochs == 0
        if due and time.monotonic() - self._saved >= self.options.min_seconds:
            event.run.request_checkpoint()

    def on_checkpoint(self, event: Checkpoint) -> None:
        """Make room for the next checkpoint, but keep a complete one in case it fails."""
        self._saved = time.monotonic()
        _prune(event.run, max(self.options.keep - 1, 1))

    def on_train_end(self, event: TrainEnd) -> None:
        _prune(event.run, self.options.keep)


def _prune(run: RunView, keep: int) -> None:
    try:
        run.checkpoints.prune(keep)
    except OSError as error:
        log.warning(f"old checkpoints in {run.checkpoints.path} can't be removed: {error}")
