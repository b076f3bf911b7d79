"""Both players' losses over the run, in ``losses.png``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ganfw import Callback, EpochEnd, Readings, RunView, TrainEnd, TrainStart

from .disk import writing
from .history import History
from .options import LossCurveOptions


class LossCurve(Callback):
    """Redraws the curve at the end of an epoch, at most once in ``seconds``, and of the run.

    Raises RunError if the disk refuses.
    """

    def __init__(self, options: LossCurveOptions) -> None:
        super().__init__(options)
        self._seconds = options.seconds
        self._steps = History()
        self._epochs = History()

    def train_start(self, event: TrainStart) -> None:
        self._drawn = time.monotonic()

    def readings(self, event: Readings) -> None:
        for row in event.rows:
            self._steps.add(row.step, row.loss_D, row.loss_G)

    def epoch_end(self, event: EpochEnd) -> None:
        self._epochs.add(event.epoch, event.loss_D, event.loss_G)
        if time.monotonic() - self._drawn >= self._seconds:
            self._draw(event.run)

    def train_end(self, event: TrainEnd) -> None:
        self._draw(event.run)

    def state_dict(self) -> Mapping[str, Any]:
        return {"steps": self._steps.state_dict(), "epochs": self._epochs.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if state:
            self._steps.load_state_dict(state["steps"])
            self._epochs.load_state_dict(state["epochs"])

    def _draw(self, run: RunView) -> None:
        # Matplotlib takes half a second to import: not before there is something to draw.
        from .loss_figure import draw

        path = run.folder.losses
        content = draw(self._steps.table(), self._epochs.table(), run.steps_per_epoch)
        with writing(path):
            run.folder.write(path.name, content)
        self._drawn = time.monotonic()
