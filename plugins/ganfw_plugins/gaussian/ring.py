"""Gaussians around a circle."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ganfw import Dataset, Item, scatter_plot, trail_plots

from .options import RingOptions

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor


class Ring(Dataset):
    """``count`` points (2,) float32. A label is the number of the point's Gaussian."""

    sample_shape = (2,)

    def __init__(self, options: RingOptions) -> None:
        super().__init__(options)
        self.classes = options.modes
        self.labels = np.arange(options.count) % options.modes
        angle = 2 * np.pi * self.labels / options.modes
        centres = options.radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        noise = np.random.default_rng(options.seed).standard_normal(centres.shape) * options.std
        self.points = (centres + noise).astype(np.float32)

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
