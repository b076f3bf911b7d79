"""Both players' losses over the run, in ``losses.png``; with samples below, ``overview.png``."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from typing import Any

from PIL import Image

from ganfw import Callback, EpochEnd, Log, RunView, TrainEnd, TrainStart, log

from .disk import writing
from .history import History
from .notebook import NotebookPicture
from .options import LossCurveOptions
from .samples import png

_SAMPLES, _REAL, _GAP = 36, 64, 12


class LossCurve(Callback):
    """Redraws both pictures at the end of the run, and at the end of an epoch: at most once in
    ``seconds``, and so rarely that drawing takes no more than its ``share`` of the time. In a
    notebook the overview is shown, and updated in place.

    Where matplotlib can't be imported that is logged, and nothing is drawn. Raises RunError if the
    disk refuses.
    """

    options: LossCurveOptions

    def __init__(self, options: LossCurveOptions) -> None:
        super().__init__(options)
        self._steps = History()
        self._epochs = History()

    def on_train_start(self, event: TrainStart) -> None:
        self._due = time.monotonic() + self.options.seconds
        self._shown = NotebookPicture()
        self._real = event.run.real_batch(_REAL).samples.cpu()

    def on_log(self, event: Log) -> None:
        for row in event.rows:
            self._steps.add(row.step, row.loss_D, row.loss_G)

    def on_epoch_end(self, event: EpochEnd) -> None:
        self._epochs.add(event.epoch, event.loss_D, event.loss_G)
        began = time.monotonic()
        if began >= self._due:
            self._draw(event.run)
            ended = time.monotonic()
            # Not in a process of its own: it would take a core from the steps.
            pause = (ended - began) * (1 / self.options.share - 1)
            self._due = ended + max(self.options.seconds, pause)

    def on_train_end(self, event: TrainEnd) -> None:
        self._draw(event.run)

    def state_dict(self) -> Mapping[str, Any]:
        return {"steps": self._steps.state_dict(), "epochs": self._epochs.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if state:
            self._steps.load_state_dict(state["steps"])
            self._epochs.load_state_dict(state["epochs"])

    def _draw(self, run: RunView) -> None:
        # Matplotlib takes half a second to import, so only once there is something to draw.
        try:
            from .loss_figure import draw
        except Exception as error:
            log.warning(f"{run.folder.losses} is not drawn: matplotlib can't be imported ({error})")
            return
        path = run.folder.losses
        content = draw(self._steps.table(), self._epochs.table(), run.steps_per_epoch)
        overview = png(above(content, self._samples(run)))
        with writing(path):
            run.folder.write(path.name, content)
            run.folder.write("overview.png", overview)
        self._shown.update(overview)

    def _samples(self, run: RunView) -> Image.Image:
        return run.fixed_preview(_SAMPLES, self._real)


def above(figure: bytes, samples: Image.Image) -> Image.Image:
    """The figure in the PNG ``figure``, and ``samples`` below it, on white."""
    with Image.open(io.BytesIO(figure)) as curve:
        width = max(curve.width, samples.width)
        whole = Image.new("RGB", (width, curve.height + samples.height + _GAP), "white")
        whole.paste(curve, ((width - curve.width) // 2, 0))
    whole.paste(samples, ((width - samples.width) // 2, curve.height + _GAP))
    return whole
