"""Shapes: what the networks of one run must agree on. No user ever types a picture size twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Shapes:
    """What the dataset and ``train.latent_dim`` dictate to both networks.

    - ``sample``: one sample without its batch, ``(C, H, W)`` for pictures, ``(F,)`` for points.
    - ``value_range``: the least and greatest value of a sample, or None where it is unbounded.
    - ``classes``: the number of labels; 0 where the data has none.
    - ``latent_dim``: Z, the length of a latent vector.
    """

    sample: tuple[int, ...]
    value_range: tuple[float, float] | None
    classes: int
    latent_dim: int

    @property
    def is_picture(self) -> bool:
        """Whether a sample is a picture ``(C, H, W)``."""
        return len(self.sample) == 3

    def bound(self, values: Tensor) -> Tensor:
        """A generator's last layer: ``values`` (B, ...) through tanh onto ``value_range``, or as
        they are where the range is unbounded."""
        if self.value_range is None:
            return values
        low, high = self.value_range
        squashed = values.tanh()
        if (low, high) == (-1.0, 1.0):
            return squashed
        return squashed * ((high - low) / 2) + (high + low) / 2

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.sample))}{',' if len(self.sample) == 1 else ''})"
