"""A finished run's generator, ready to sample."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..errors import PluginError, UsageError
from ..images import bare_picture, picture_grid
from ..interfaces.dataset import Dataset
from ..interfaces.networks import generate
from ..registry.registry import Registry
from ..runs.network import load_network, read_card
from ..runtime.random_state import derive_seed
from .latents import Latents, slerp_path, truncated

if TYPE_CHECKING:
    from PIL import Image

_BATCH = 256
_TRIED = 64
"""Labels at most that a generator is tried on."""

_CPU = torch.device("cpu")


class Sampler:
    """Draws from the generator exported to ``folder``. On the CPU, in evaluation mode.

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
        """``n`` samples (n, *shapes.sample): a function of what is given, whatever was drawn
        before. See `labelled`."""
        return torch.cat(list(self.batches(n, seed, truncation, labels)))

    def batches(
        self,
        n: int,
        seed: int = 0,
        truncation: float | None = None,
        labels: Sequence[int] = (),
    ) -> Iterator[Tensor]:
        """The same samples in batches, so that memory does not grow with ``n``."""
        for samples, _ in self.labelled(n, seed, truncation, labels):
            yield samples

    def labelled(
        self,
        n: int,
        seed: int = 0,
        truncation: float | None = None,
        labels: Sequence[int] = (),
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """The same samples in batches, with the labels (B,) they were made for: None where labels
        make no difference to the generator.

        With ``truncation`` latents are drawn within ± it (Brock et al. 2019, section 3.1): fewer
        odd samples, less variety. ``labels`` take turns; without them they are drawn. Raises
        UsageError for numbers that can't be, and for labels that make no difference.
        """
        if n < 1:
            raise UsageError(f"can't draw {n} samples: give 1 or more")
        _check_truncation(truncation)
        self._check_labels(labels)
        latents = Latents(self.shapes.latent_dim, seed, _CPU)
        drawn = torch.Generator().manual_seed(derive_seed(seed, 2))
        for start in range(0, n, _BATCH):
            count = min(_BATCH, n - start)
            chosen = self._labels(start, count, labels, drawn)
            z = _within(latents(count), truncation)
            yield generate(self.network, z, chosen), chosen if self._heeds_labels else None

    def between(
        self,
        keys: int,
        frames: int,
        seed: int = 0,
        closed: bool = False,
        truncation: float | None = None,
        label: int | None = None,
    ) -> Tensor:
        """Samples on the way through ``keys`` latents, ``frames`` from each to the next (exclusive)
        along great circles, and the last key itself; or back to the first where ``closed``.

        (legs · frames + 1, ...), or legs · frames where closed. The keys lie within ±
        ``truncation``; all samples are of one ``label``, the first unless given. Raises UsageError
        for fewer than 2 keys or no frames, and as `labelled` does.
        """
        if keys < 2 or frames < 1:
            raise UsageError("a way needs 2 latents or more, and 1 frame or more between them")
        _check_truncation(truncation)
        self._check_labels([] if label is None else [label])
        stops = _within(Latents(self.shapes.latent_dim, seed, _CPU)(keys), truncation)
        path = slerp_path(torch.cat([stops, stops[:1]]) if closed else stops, frames)
        path = path[:-1] if closed else path
        return torch.cat(
            [self._of_one_label(part, label or 0) for part in torch.split(path, _BATCH)]
        )

    def preview(self, samples: Tensor) -> Image.Image:
        """A picture of ``samples`` (B, ...), as the dataset shows them. Raises UsageError for what
        is no tensor."""
        if not isinstance(samples, Tensor):
            raise UsageError(
                "preview takes a tensor of samples, such as sample(4) draws, not "
                f"{type(samples).__name__}"
            )
        return self._dataset().preview(samples)

    def strip(self, samples: Tensor, columns: int) -> Image.Image:
        """Pictures (B, C, H, W) in rows of ``columns``; other samples as the dataset shows them."""
        if not self.shapes.is_picture:
            return self.preview(samples)
        return picture_grid(samples, self.shapes.value_range or (0.0, 1.0), columns)

    def picture(self, sample: Tensor) -> Image.Image:
        """One sample (...) by itself: a picture's pixels alone, or as the dataset shows it."""
        if not self.shapes.is_picture:
            return self.preview(sample[None])
        return bare_picture(sample, self.shapes.value_range or (0.0, 1.0))

    def animate(self, samples: Tensor) -> list[Image.Image]:
        """The frames of a moving picture through ``samples`` (B, ...), one for each."""
        if not self.shapes.is_picture:
            return list(self._dataset().animate(samples))
        return [self.picture(sample) for sample in samples]

    def _check_labels(self, labels: Sequence[int]) -> None:
        classes = self.shapes.classes
        if not labels:
            return
        if not classes:
            raise UsageError(f"{self.folder} was trained on data without labels")
        if not self._heeds_labels:
            raise UsageError(
                f"generator '{self.card.use}' makes the same of every label: leave labels out"
            )
        wrong = [each for each in labels if not 0 <= each < classes]
        if wrong:
            raise UsageError(f"label {wrong[0]}: the data's labels are 0 to {classes - 1}")

    @functools.cached_property
    def _heeds_labels(self) -> bool:
        """Whether other labels make other samples of the same latents."""
        count = min(self.shapes.classes, _TRIED)
        if count < 2:
            return False
        latents, labels = Latents(self.shapes.latent_dim, 0, _CPU)(count), torch.arange(count)
        one, other = self._steadily(latents, labels), self._steadily(latents, labels.roll(1))
        return not torch.equal(one, other)

    def _steadily(self, latents: Tensor, labels: Tensor) -> Tensor:
        """Samples (B, ...), with the same noise each time if the generator draws any."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return generate(self.network, latents, labels)

    def _of_one_label(self, latents: Tensor, label: int) -> Tensor:
        labels = torch.full((len(latents),), label) if self.shapes.classes else None
        return generate(self.network, latents, labels)

    def _labels(
        self, start: int, count: int, given: Sequence[int], drawn: torch.Generator
    ) -> Tensor | None:
        if not self.shapes.classes:
            return None
        if given:
            return torch.tensor([given[i % len(given)] for i in range(start, start + count)])
        return torch.randint(self.shapes.classes, (count,), generator=drawn)

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


def _check_truncation(truncation: float | None) -> None:
    if truncation is not None and not 0 < truncation < math.inf:
        raise UsageError(f"truncation {truncation}: give more than 0, such as 0.7")


def _within(latents: Tensor, truncation: float | None) -> Tensor:
    return latents if truncation is None else truncated(latents, truncation)
