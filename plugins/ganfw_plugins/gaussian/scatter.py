"""How to look at points."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor


def scatter(samples: Tensor, real: Tensor | None) -> Image.Image:
    """The first two features of samples (B, F), generated ones over real ones."""
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
