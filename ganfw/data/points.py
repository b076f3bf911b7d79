"""Pictures of points: a scatter, and the trail of one that moves."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

_SHOWN = 1000
_REAL, _GENERATED = "#7a8ba0", "#e4572e"


def scatter_plot(samples: Tensor, real: Tensor | None = None) -> Image.Image:
    """The first two features of ``samples`` (B, F), over those of ``real`` ones (R, F) if given."""
    figure, axes = _plot()
    if real is not None:
        axes.scatter(*_plane(real), s=14, color=_REAL, alpha=0.7, label="real")
    axes.scatter(*_plane(samples), s=14, color=_GENERATED, alpha=0.7, label="generated")
    axes.legend(loc="upper left", frameon=False)
    return _to_image(figure)


def trail_plots(samples: Tensor, real: Tensor) -> Iterator[Image.Image]:
    """A frame for each of ``samples`` (B, F): the sample, a line through those before it, and the
    first 1000 ``real`` ones (R, F). All frames have the same limits, and everything lies within
    them."""
    figure, axes = _plot()
    axes.scatter(*_plane(real[:_SHOWN]), s=14, color=_REAL, alpha=0.4, label="real")
    x, y = _plane(samples)
    (line,) = axes.plot(x, y, color=_GENERATED, linewidth=1.5)
    (point,) = axes.plot(x, y, "o", color=_GENERATED, label="generated")
    axes.legend(loc="upper left", frameon=False)
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
    for i in range(len(x)):
        line.set_data(x[: i + 1], y[: i + 1])
        point.set_data(x[i : i + 1], y[i : i + 1])
        yield _to_image(figure).convert("RGB")


def _plot() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(4, 4), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _to_image(figure: Figure) -> Image.Image:
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return Image.open(content)


def _plane(points: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The first two features; a single feature is drawn along a line."""
    array = points.detach().cpu().float().numpy()
    second = array[:, 1] if array.shape[1] > 1 else np.zeros_like(array[:, 0])
    return array[:, 0], second
