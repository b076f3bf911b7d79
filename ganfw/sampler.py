"""A finished run's generator, ready to sample."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from . import export
from .data.pictures import picture_grid
from .errors import PluginError, RunError, UsageError
from .interfaces import Dataset
from .randomness import Latents, derive_seed
from .registry import Registry
from .sampling import generate

if TYPE_CHECKING:
    from PIL import Image

_BATCH = 256
_SMALL = 1e-4
_CPU = torch.device("cpu")
_PREFERRED = ("generator_ema", "generator")


class Sampler:
    """Draws from the generator exported to ``folder``. On the CPU, in evaluation mode.

    Raises RunError, CheckpointError or PluginError for what can't be loaded.
    """

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder = folder
        self.card = export.read_card(folder)
        self.shapes = export.shapes_of(self.card)
        self.network = export.load_network(folder, registry).eval()
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
        """The same samples in batches, with the labels (B,) they were made for, or None.

        Latents beyond ±``truncation`` are drawn again (Brock et al. 2019, section 3.1): fewer odd
        samples, less variety. ``labels`` take turns; without them they are drawn. Raises
        UsageError for numbers that can't be.
        """
        if n < 1:
            raise UsageError(f"can't draw {n} samples: give 1 or more")
        if truncation is not None and truncation <= 0:
            raise UsageError(f"truncation {truncation}: give more than 0")
        self._check_labels(labels)
        latents = Latents(self.shapes.latent_dim, seed, _CPU)
        drawn = torch.Generator().manual_seed(derive_seed(seed, 2))
        for start in range(0, n, _BATCH):
            count = min(_BATCH, n - start)
            chosen = self._labels(start, count, labels, drawn)
            z = _within(latents(count), truncation, latents.generator)
            yield generate(self.network, z, chosen), chosen

    def between(self, keys: int, frames: int, seed: int = 0, closed: bool = False) -> Tensor:
        """Samples on the way through ``keys`` latents, ``frames`` from each to the next (exclusive)
        along great circles, and the last key itself; or back to the first where ``closed``.

        (legs · frames + 1, ...), or legs · frames where closed. Raises UsageError for fewer than 2
        keys or no frames.
        """
        if keys < 2 or frames < 1:
            raise UsageError("a way needs 2 latents or more, and 1 frame or more between them")
        stops = Latents(self.shapes.latent_dim, seed, _CPU)(keys)
        path = slerp_path(torch.cat([stops, stops[:1]]) if closed else stops, frames)
        path = path[:-1] if closed else path
        labels = torch.zeros(len(path), dtype=torch.long) if self.shapes.classes else None
        return generate(self.network, path, labels)

    def preview(self, samples: Tensor) -> Image.Image:
        """A picture of ``samples`` (B, ...), as the dataset shows them."""
        return self._dataset().preview(samples)

    def strip(self, samples: Tensor, columns: int) -> Image.Image:
        """Pictures (B, C, H, W) in rows of ``columns``; other samples as the dataset shows them."""
        if not self.shapes.is_picture:
            return self.preview(samples)
        return picture_grid(samples, self.shapes.value_range or (0.0, 1.0), columns)

    def _check_labels(self, labels: Sequence[int]) -> None:
        classes = self.shapes.classes
        if labels and not classes:
            raise UsageError(f"{self.folder} was trained on data without labels")
        wrong = [each for each in labels if not 0 <= each < classes]
        if wrong:
            raise UsageError(f"label {wrong[0]}: the data's labels are 0 to {classes - 1}")

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
        data = self.card["data"]
        try:
            registered = self._registry.find("dataset", data["use"])
        except UsageError as error:
            raise PluginError(f"samples can't be shown: {error}") from None
        options = registered.load_options().model_construct(**data["options"])
        dataset: Dataset = registered.load()(options)
        return dataset


def slerp(one: Tensor, other: Tensor, share: float) -> Tensor:
    """From ``one`` (..., Z) to ``other`` along the great circle between them (Shoemake 1985), the
    length going evenly from one's to the other's; straight where they point the same way.

    Normal latents lie close to a sphere, and a straight line would cut through it (White 2016).
    """
    cosine = torch.nn.functional.cosine_similarity(one, other, dim=-1).clamp(-1, 1)
    angle = cosine.acos()[..., None]
    if float(angle.sin().abs().min()) < _SMALL:
        return torch.lerp(one, other, share)
    lengths = torch.lerp(one.norm(dim=-1), other.norm(dim=-1), share)[..., None]
    first, last = one / one.norm(dim=-1)[..., None], other / other.norm(dim=-1)[..., None]
    turned = ((1 - share) * angle).sin() * first + (share * angle).sin() * last
    between: Tensor = turned / angle.sin() * lengths
    return between


def slerp_path(stops: Tensor, frames: int) -> Tensor:
    """Through the rows of ``stops`` (K, Z): ((K - 1) · frames + 1, Z)."""
    legs = [
        slerp(one, other, i / frames)
        for one, other in itertools.pairwise(stops)
        for i in range(frames)
    ]
    return torch.stack([*legs, stops[-1]])


def _within(latents: Tensor, limit: float | None, generator: torch.Generator) -> Tensor:
    """``latents`` with all numbers beyond ±``limit`` drawn again."""
    while limit is not None:
        beyond = latents.abs() > limit
        if not beyond.any():
            break
        again = torch.randn(int(beyond.sum()), generator=generator)
        latents = latents.masked_scatter(beyond, again)
    return latents


def find_generator(path: Path, best: bool = False) -> Path:
    """The generator in a run folder, the EMA one if there is one, or ``path`` itself if it is an
    exported network; with ``best`` the one that the run's first metric judged best while it was
    trained. Raises RunError."""
    if best:
        return _best_generator(path)
    if export.is_network(path):
        return path
    for name in _PREFERRED:
        if export.is_network(path / name):
            return path / name
    raise RunError(
        f"{path} has no generator yet: it is no run folder, or its run saved no checkpoint"
    )


def _best_generator(path: Path) -> Path:
    if not export.is_network(path / export.BEST):
        raise RunError(
            f"{path} has no {export.BEST}: it is no run folder, or no metric judged the run while it "
            "was trained (ganfw run --metric NAME)"
        )
    return path / export.BEST
