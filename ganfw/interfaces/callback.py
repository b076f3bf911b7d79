"""Callback: what watches a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from . import events


class Callback:
    """Watches a run. Each method is given one frozen event and returns nothing.

    What must survive a resume goes through `state_dict`: nested dicts, lists, tuples, tensors,
    numbers, strings, bools and None.
    """

    on_every_rank: ClassVar[bool] = False
    """In a run of several processes: whether it runs in all of them, as what changes gradients,
    weights or rates must. Otherwise it runs in the first process alone, which is the one that
    writes and prints."""

    def __init__(self, options: Any) -> None:
        self.options = options

    def on_composed(self, event: events.Composed) -> None:
        """Before anything of the run is written. Raise UsageError for options that don't fit it."""

    def on_train_start(self, event: events.TrainStart) -> None:
        """Before the first step of a fresh or resumed run; a resumed callback has its state."""

    def on_gradients_ready(self, event: events.GradientsReady) -> None:
        """One player's gradients are computed, its optimizer has not stepped yet."""

    def on_step_end(self, event: events.StepEnd) -> None:
        """Both players have moved. On the hot path: read no number off the device here."""

    def on_log(self, event: events.Log) -> None:
        """Losses of the last few steps, read off the device in one go."""

    def on_epoch_end(self, event: events.EpochEnd) -> None:
        """One pass over the data is done."""

    def on_scores(self, event: events.Scores) -> None:
        """The run's metrics have judged the generator, after `on_epoch_end` of that epoch, or
        before the last step is saved. What is asked for here is done at once: an early stop."""

    def on_checkpoint(self, event: events.Checkpoint) -> None:
        """All state is about to be saved. Raising here keeps it from being saved."""

    def on_train_end(self, event: events.TrainEnd) -> None:
        """The run is over, finished or stopped; its last checkpoint is saved."""

    def on_failure(self, event: events.Failure) -> None:
        """The run raised; nothing more will be saved."""

    def state_dict(self) -> Mapping[str, Any]:
        """What must survive a resume."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take back what `state_dict` gave; called before `on_train_start`."""
