"""How points are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ganfw import Dataset, scatter_plot, trail_plots

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

MOST_FEATURES = 16
"""Of what is shown as points; more are a series, shown as a row of a heat map."""


class ShownAsPoints(Dataset):
    """Samples (F,) with few features are shown as points, all others as any data."""

    def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
        """A scatter of the first two features, generated points over real ones."""
        return scatter_plot(samples, real) if _few(samples) else super().preview(samples, real)

    def animate(self, samples: Tensor) -> Iterable[Image.Image]:
        """One point that moves, over real ones."""
        if not _few(samples):
            return super().animate(samples)
        return trail_plots(samples, self.some_points(samples))

    def some_points(self, like: Tensor) -> Tensor:
        """Real points (R, F) to show beside ``like`` (B, F); none if the data is not prepared."""
        raise NotImplementedError


def _few(samples: Tensor) -> bool:
    return samples.ndim == 2 and samples.shape[1] <= MOST_FEATURES
