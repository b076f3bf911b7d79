"""Pictures of samples from the same latents, epoch after epoch."""

from __future__ import annotations

import io

from PIL import Image

from ganfw import Callback, EpochEnd, RunView, TrainEnd, TrainStart

from .disk import writing
from .options import SamplesOptions


class Samples(Callback):
    """Writes ``samples/<step>.png`` before the first step, each ``every`` epochs and at the end.

    Neither the run's random numbers nor the networks are changed. Raises RunError if the disk
    refuses.
    """

    options: SamplesOptions
    _drawn: int | None = None

    def on_train_start(self, event: TrainStart) -> None:
        run, count = event.run, self.options.count
        self._real = run.real_batch(count).samples.cpu()
        if event.step == 0:
            self._draw(run, 0)

    def on_epoch_end(self, event: EpochEnd) -> None:
        if event.epoch % self.options.every == 0:
            self._draw(event.run, event.step)

    def on_train_end(self, event: TrainEnd) -> None:
        if self._drawn != event.step:
            self._draw(event.run, event.step)

    def _draw(self, run: RunView, step: int) -> None:
        picture = run.fixed_preview(self.options.count, self._real)
        name = f"samples/{step:06d}.png"
        with writing(run.folder.path / name):
            run.folder.write(name, png(picture))
        self._drawn = step


def png(picture: Image.Image) -> bytes:
    """``picture`` as the content of a PNG file."""
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()
