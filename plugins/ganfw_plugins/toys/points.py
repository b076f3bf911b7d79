"""Points of known distributions: Gaussians around a circle or on a grid, a spiral, two moons."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ganfw import Dataset, Item, scatter_plot, trail_plots

from .options import GridOptions, MoonsOptions, RingOptions, SpiralOptions

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

Floats = NDArray[np.floating]


class Points(Dataset):
    """Points (2,) float32, which depend on nothing but the options. A label is the number of the
    part that a point belongs to."""

    sample_shape = (2,)
    points: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, index: int) -> Item:
        return self.points[index], int(self.labels[index])

    def fingerprint(self) -> str:
        content = self.points.tobytes() + self.labels.tobytes()
        return hashlib.blake2b(content, digest_size=16).hexdigest()

    def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
        """A scatter, generated points over real ones."""
        return scatter_plot(samples, real)

    def animate(self, samples: Tensor) -> Iterator[Image.Image]:
        """One point that moves, over real ones."""
        import torch

        return trail_plots(samples, torch.from_numpy(self.points))

    def _place(self, where: Floats, std: float, random: np.random.Generator) -> None:
        """Keep the points ``where`` (N, 2), moved by normal noise."""
        self.points = (where + random.standard_normal(where.shape) * std).astype(np.float32)


class Ring(Points):
    """Gaussians around a circle. A label is the number of the point's Gaussian."""

    def __init__(self, options: RingOptions) -> None:
        super().__init__(options)
        self.classes = options.modes
        self.labels = np.arange(options.count) % options.modes
        angle = 2 * np.pi * self.labels / options.modes
        centres = options.radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        self._place(centres, options.std, np.random.default_rng(options.seed))


class Grid(Points):
    """Gaussians on a square grid around 0. A label is the number of the point's Gaussian, row by
    row."""

    def __init__(self, options: GridOptions) -> None:
        super().__init__(options)
        self.classes = options.side**2
        self.labels = np.arange(options.count) % self.classes
        cells = np.stack([self.labels % options.side, self.labels // options.side], axis=1)
        centres = options.spacing * (cells - (options.side - 1) / 2)
        self._place(centres, options.std, np.random.default_rng(options.seed))


class Spiral(Points):
    """Arms of a spiral r = radius · turns taken / turns, each evenly filled along its length, or
    nearly so. A label is the number of the arm."""

    def __init__(self, options: SpiralOptions) -> None:
        super().__init__(options)
        self.classes = options.arms
        self.labels = np.arange(options.count) % options.arms
        random = np.random.default_rng(options.seed)
        # The length of an arm grows as the square of the turns taken.
        part = np.sqrt(random.random(options.count))
        angle = 2 * np.pi * (part * options.turns + self.labels / options.arms)
        arms = options.radius * part[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        self._place(arms, options.std, random)


class Moons(Points):
    """Two half circles of radius 1 that reach into each other, centred on 0 and enlarged. A label
    is the number of the half circle."""

    classes = 2

    def __init__(self, options: MoonsOptions) -> None:
        super().__init__(options)
        self.labels = np.arange(options.count) % 2
        random = np.random.default_rng(options.seed)
        angle = np.pi * random.random(options.count)
        upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
        # The other is the first one, turned by half a circle.
        moons = options.scale * np.where(self.labels[:, None] == 0, upper, -upper)
        self._place(moons, options.std, random)
