"""Points of one Gaussian, and how to look at points."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganfw import Dataset, Item

from .options import GaussianOptions

if TYPE_CHECKING:
    from torch import Tensor


class Gaussian(Dataset):
    """``count`` points of N(b, AᵀA), a function of the options alone. Items are (F,) float32."""

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

    def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
        """A scatter of the first two features, generated points over real ones."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(4, 4), dpi=100, layout="constrained")
        axes = figure.add_subplot()
        if real is not None:
            axes.scatter(*_plane(real), s=14, color="#7a8ba0", alpha=0.7, label="real")
        axes.scatter(*_plane(samples), s=14, color="#e4572e", alpha=0.7, label="generated")
        axes.legend(loc="upper left", frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        content = io.BytesIO()
        figure.savefig(content, format="png")
        return Image.open(content)


def _plane(points: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The first two features; a single feature is drawn along a line."""
    array = points.detach().cpu().float().numpy()
    second = array[:, 1] if array.shape[1] > 1 else np.zeros_like(array[:, 0])
    return array[:, 0], second
