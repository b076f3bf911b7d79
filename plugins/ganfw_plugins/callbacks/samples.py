"""Pictures of what the generator makes of the same latents, epoch after epoch."""

from __future__ import annotations

import io

import torch
from PIL import Image
from torch import Tensor

from ganfw import Callback, EpochEnd, RunView, TrainEnd, TrainStart, generate

from .disk import writing
from .options import SamplesOptions


class Samples(Callback):
    """Writes ``samples/<step>.png`` before the first step, each ``every`` epochs and at the end.

    Neither the run's random numbers nor the networks are touched. Raises RunError if the disk
    refuses.
    """

    options: SamplesOptions
    _drawn: int | None = None

    def on_train_start(self, event: TrainStart) -> None:
        run, count = event.run, self.options.count
        self._latents, self._labels = fixed_inputs(run, count)
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
        devices = [] if run.device.type == "cpu" else [run.device]
        # A generator may draw noise of its own; training must not notice.
        with torch.random.fork_rng(devices, device_type=run.device.type):
            samples = generate(run.sampling_generator, self._latents, self._labels)
        picture = run.preview(samples.cpu(), self._real)
        name = f"samples/{step:06d}.png"
        with writing(run.folder.path / name):
            run.folder.write(name, png(picture))
        self._drawn = step


def fixed_inputs(run: RunView, count: int, seed: int | None = None) -> tuple[Tensor, Tensor | None]:
    """Latents (count, Z) and labels (count,) or None, the same on every machine for one seed: the
    run's, or another."""
    generator = torch.Generator().manual_seed(run.seed if seed is None else seed)
    latents = torch.randn(count, run.shapes.latent_dim, generator=generator).to(run.device)
    if not run.shapes.classes:
        return latents, None
    labels = torch.randint(run.shapes.classes, (count,), generator=generator)
    return latents, labels.to(run.device)


def png(picture: Image.Image) -> bytes:
    """``picture`` as the content of a PNG file."""
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()
