"""Points of one Gaussian."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ganfw import Dataset, Item, scatter_plot, trail_plots

from .options import GaussianOptions

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor


class Gaussian(Dataset):
    """``count`` points of N(b, AᵀA), which depend on nothing but the options. Items are (F,)
    float32."""

    def __init__(self, options: GaussianOptions) -> None:
        super().__init__(options)
        normal = np.random.default_rng(options.seed).standard_normal(
            (options.count, len(options.A))
        )
        self.points = (normal @ np.array(options.A) + np.array(options.b)).astype(np.float32)
        self.sample_shape = (len(options.b),)

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, index: int) -> Item:
        return self.points[index], None

    def fingerprint(self) -> str:
        return hashlib.blake2b(self.points.tobytes(), digest_size=16).hexdigest()

    def moments(self) -> tuple[Tensor, Tensor]:
        """The exact mean (F,) and covariance (F, F) of the distribution."""
        import torch

        matrix = torch.tensor(self.options.A, dtype=torch.float64)
        return torch.tensor(self.options.b, dtype=torch.float64), matrix.T @ matrix

    def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
        """A scatter of the first two features, generated points over real ones."""
        return scatter_plot(samples, real)

    def animate(self, samples: Tensor) -> Iterator[Image.Image]:
        """One point that moves, over real ones."""
        import torch

        return trail_plots(samples, torch.from_numpy(self.points))
