"""The figure of a run's losses. Matplotlib's objects only: no pyplot, no global state."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from torch import Tensor

SIZE, DPI = (7.0, 3.8), 150
"""Inches and dots per inch: 1050 by 570 pixels."""

COLORS = {"discriminator": "#2b6cb0", "generator": "#dd6b20"}
_GREY = "#4a5568"

Array = NDArray[np.float64]


def draw(steps: Tensor, epochs: Tensor, steps_per_epoch: int) -> bytes:
    """A PNG of the losses: single steps faint, epochs' means strong.

    ``steps`` and ``epochs`` hold rows ``(step or epoch, loss_D, loss_G)``.
    """
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    single, means = steps.numpy(), epochs.numpy()
    for column, (player, color) in enumerate(COLORS.items(), start=1):
        _plot_steps(axes, single, column, color, label=player if len(means) == 0 else None)
        _plot_means(axes, means, column, color, steps_per_epoch, label=player)
    axes.set_ylim(*limits(single[:, 1:], means[:, 1:]))
    _dress(axes, steps_per_epoch)
    figure.legend(loc="outside upper right", ncols=2, frameon=False, labelcolor=_GREY)
    content = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(content, format="png")
    return content.getvalue()


def limits(steps: Array, means: Array) -> tuple[float, float]:
    """The range of the y axis: all means, and all steps except for rare spikes."""
    shown = [means[np.isfinite(means)]]
    finite = steps[np.isfinite(steps)]
    if finite.size:
        shown.append(np.quantile(finite, (0.005, 0.995)))
    values = np.concatenate(shown)
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin


def _plot_steps(axes: Axes, rows: Array, column: int, color: str, label: str | None) -> None:
    alpha = 0.25 if label is None else 1.0
    axes.plot(rows[:, 0], rows[:, column], color=color, alpha=alpha, linewidth=0.7, label=label)


def _plot_means(
    axes: Axes,
    rows: Array,
    column: int,
    color: str,
    steps_per_epoch: int,
    label: str,
) -> None:
    if len(rows):
        marker = "o" if len(rows) <= 40 else None
        at = rows[:, 0] * steps_per_epoch
        axes.plot(at, rows[:, column], color=color, marker=marker, markersize=3.5, label=label)


def _dress(axes: Axes, steps_per_epoch: int) -> None:
    axes.set_xlabel("step", color=_GREY)
    axes.set_ylabel("loss", color=_GREY)
    axes.set_xlim(left=0)
    above = axes.secondary_xaxis(
        "top",
        functions=(
            lambda x: np.divide(x, steps_per_epoch),
            lambda x: np.multiply(x, steps_per_epoch),
        ),
    )
    above.set_xlabel("epoch", color=_GREY)
    for axis in (axes, above):
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        axis.tick_params(colors=_GREY, length=3)
        axis.spines[:].set_color("#cbd5e0")
    axes.spines["right"].set_visible(False)
    axes.grid(axis="y", color="#e2e8f0", linewidth=0.8)
    axes.set_axisbelow(True)
