"""The generator of a finished run, ready to sample."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..errors import PluginError, UsageError
from ..images import is_image_shape, picture_grid, to_image
from ..interfaces.dataset import Dataset, checked_preview
from ..interfaces.networks import generate
from ..registry.registry import Registry
from ..runs.network import load_network, read_card
from ..runtime.random_state import derive_seed, isolated_random_state
from .latents import Latents, slerp_path, truncated

if TYPE_CHECKING:
    from PIL import Image

_BATCH = 256
_MAX_LABELS_TRIED = 64

_CPU = torch.device("cpu")


class Sampler:
    """Draws from the generator exported to ``folder``, on the CPU and in evaluation mode.

    Raises RunError, CheckpointError or PluginError for what can't be loaded.
    """

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder = folder
        self.card = read_card(folder)
        self.shapes = self.card.shapes
        self.network = load_network(folder, registry).eval()
        self._registry = registry

    def sample(
        self,
        n: int = 64,
        seed: int = 0,
        truncation: float | None = None,
        labels: Sequence[int] = (),
    ) -> Tensor:
        """``n`` samples (n, *shapes.sample): a function of the arguments, whatever was drawn
        before. See `batches`."""
        batches = self.batches(n, seed, truncation, labels)
        return torch.cat([samples for samples, _ in batches])

    def batches(
        self,
        n: int,
        seed: int = 0,
        truncation: float | None = None,
        labels: Sequence[int] = (),
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """The same samples in batches, so that memory does not grow with ``n``, each with the
        labels (B,) it was made for, or None if the generator does not use labels.

        With ``truncation`` latents are drawn within ± it (Brock et al. 2019, section 3.1): fewer
        odd samples, less variety. ``labels`` are used in turn; by default they are random. Raises
        UsageError for arguments out of range, and for labels that the generator does not use.
        """
        if n < 1:
            raise UsageError(f"can't draw {n} samples: give 1 or more")
        self._check_labels(labels)
        latents = Latents(self.shapes.latent_dim, seed, _CPU)
        random = torch.Generator().manual_seed(derive_seed(seed, 2))
        for start in range(0, n, _BATCH):
            count = min(_BATCH, n - start)
            chosen = self._labels(start, count, labels, random)
            z = _within(latents(count), truncation)
            yield generate(self.network, z, chosen), chosen if self._uses_labels else None

    def interpolate(
        self,
        keys: int,
        frames: int,
        seed: int = 0,
        closed: bool = False,
        truncation: float | None = None,
        label: int | None = None,
    ) -> Tensor:
        """Samples along great circles through ``keys`` random latents: ``frames`` from each key to
        the next, without the next, and at the end the last key; if ``closed``, back to the first.

        ((keys - 1) · frames + 1, ...), or (keys · frames, ...) if closed. The keys lie within ±
        ``truncation``; all samples have one ``label``, by default 0. Raises UsageError for fewer
        than 2 keys or 1 frame, and as `batches` does.
        """
        if keys < 2 or frames < 1:
            raise UsageError("an interpolation needs 2 latents or more, and 1 frame or more each")
        self._check_labels([] if label is None else [label])
        drawn = _within(Latents(self.shapes.latent_dim, seed, _CPU)(keys), truncation)
        path = slerp_path(torch.cat([drawn, drawn[:1]]) if closed else drawn, frames)
        path = path[:-1] if closed else path
        parts = []
        for latents in torch.split(path, _BATCH):
            labels = torch.full((len(latents),), label or 0) if self.shapes.classes else None
            parts.append(generate(self.network, latents, labels))
        return torch.cat(parts)

    def preview(self, samples: Tensor) -> Image.Image:
        """A picture of ``samples`` (B, ...), as the dataset shows them. Raises UsageError for
        anything but a tensor, PluginError if the dataset can't show them."""
        if not isinstance(samples, Tensor):
            raise UsageError(
                "preview takes a tensor of samples, such as sample(4) draws, not "
                f"{type(samples).__name__}"
            )
        return checked_preview(self._dataset(), samples)

    def grid(self, samples: Tensor, columns: int) -> Image.Image:
        """Images (B, C, H, W) in rows of ``columns``; other samples as the dataset shows them."""
        if not is_image_shape(self.shapes.sample):
            return self.preview(samples)
        return picture_grid(samples, self.shapes.value_range, columns)

    def picture(self, sample: Tensor) -> Image.Image:
        """One sample (...): the pixels of an image, or as the dataset shows it."""
        if not is_image_shape(self.shapes.sample):
            return self.preview(sample[None])
        return to_image(sample, self.shapes.value_range)

    def animate(self, samples: Tensor) -> list[Image.Image]:
        """The frames of an animation through ``samples`` (B, ...), one for each."""
        if not is_image_shape(self.shapes.sample):
            return list(self._dataset().animate(samples))
        return [self.picture(sample) for sample in samples]

    def _check_labels(self, labels: Sequence[int]) -> None:
        classes = self.shapes.classes
        if not labels:
            return
        if not classes:
            raise UsageError(f"{self.folder} was trained on data without labels")
        if not self._uses_labels:
            raise UsageError(
                f"generator '{self.card.use}' makes the same of every label: leave labels out"
            )
        wrong = [label for label in labels if not 0 <= label < classes]
        if wrong:
            raise UsageError(f"label {wrong[0]}: the data's labels are 0 to {classes - 1}")

    @functools.cached_property
    def _uses_labels(self) -> bool:
        """Whether other labels make other samples of the same latents."""
        count = min(self.shapes.classes, _MAX_LABELS_TRIED)
        if count < 2:
            return False
        latents, labels = Latents(self.shapes.latent_dim, 0, _CPU)(count), torch.arange(count)
        samples = []
        for tried in (labels, labels.roll(1)):
            # The same noise each time, if the generator draws any.
            with isolated_random_state(0):
                samples.append(generate(self.network, latents, tried))
        return not torch.equal(*samples)

    def _labels(
        self, start: int, count: int, given: Sequence[int], random: torch.Generator
    ) -> Tensor | None:
        if not self.shapes.classes:
            return None
        if given:
            return torch.tensor([given[i % len(given)] for i in range(start, start + count)])
        return torch.randint(self.shapes.classes, (count,), generator=random)

    def _dataset(self) -> Dataset:
        """The dataset it was trained on, for showing only: nothing is downloaded or read."""
        data = self.card.data
        try:
            registered = self._registry.find("dataset", data.use)
        except UsageError as error:
            raise PluginError(f"samples can't be shown: {error}") from None
        options = registered.load_options().model_construct(**data.options)
        dataset: Dataset = registered.load()(options)
        return dataset


def _within(latents: Tensor, truncation: float | None) -> Tensor:
    if truncation is None:
        return latents
    if not 0 < truncation < math.inf:
        raise UsageError(f"truncation {truncation}: give more than 0, such as 0.7")
    return truncated(latents, truncation)
