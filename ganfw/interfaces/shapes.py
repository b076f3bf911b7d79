"""Shapes: what the networks of one run must agree on. No user ever types a picture size twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ShapesError

if TYPE_CHECKING:
    from torch import Tensor

SMALLEST_SIDE, LARGEST_SIDE = 4, 16
"""Of the small map that a picture halves down to."""


@dataclass(frozen=True)
class Shapes:
    """What the dataset and ``train.latent_dim`` dictate to both networks.

    - ``sample``: one sample without its batch, ``(C, H, W)`` for pictures, ``(F,)`` for points.
    - ``value_range``: the least and greatest value of a sample, or None where it is unbounded.
    - ``classes``: the number of classes that labels name by index; 0 where they name none.
    - ``latent_dim``: Z, the length of a latent vector.
    - ``label``: one label without its batch: ``()`` for the index of a class, ``(K,)`` for a
      vector, ``(C, H, W)`` for a picture.
    - ``label_values``: where a label is an array of whole numbers, how many there are, from 0 on:
      the length of a dictionary. 0 for labels of other numbers.
    """

    sample: tuple[int, ...]
    value_range: tuple[float, float] | None
    classes: int
    latent_dim: int
    label: tuple[int, ...] = ()
    label_values: int = 0

    @property
    def has_labels(self) -> bool:
        """Whether samples have labels: the index of a class, or an array of shape ``label``."""
        return self.classes > 0 or self.label != ()

    def label_length(self) -> int:
        """The length of a label as a vector: K of a vector (K,), the number of classes otherwise.

        Raises ShapesError for data without labels, and for labels that are pictures or texts.
        """
        if self.classes:
            return self.classes
        if len(self.label) != 1 or self.label_values:
            found = "the data has none"
            if self.label:
                way = "try gen.conditional=false and disc.head=scores"
                found = f"the data's are of shape {self.label}; {way}"
            raise ShapesError(
                f"it needs labels that are classes or vectors of numbers, but {found}"
            )
        return self.label[0]

    @property
    def is_picture(self) -> bool:
        """Whether a sample is a picture ``(C, H, W)``."""
        return len(self.sample) == 3

    def halvings(self) -> tuple[tuple[int, int], int]:
        """The small map (H, W) that a picture halves down to, and the number of halvings: what
        convolutions of stride 2 go through.

        Raises ShapesError for what is no picture, or does not halve to sides of 4 to 16.
        """
        if not self.is_picture:
            raise ShapesError(f"it needs pictures (C, H, W), but the data's samples are {self}")
        _, height, width = self.sample
        count = 0
        while height % 2 == width % 2 == 0 and min(height, width) >= 2 * SMALLEST_SIDE:
            height, width, count = height // 2, width // 2, count + 1
        if not count or max(height, width) > LARGEST_SIDE or min(height, width) < SMALLEST_SIDE:
            _, h, w = self.sample
            raise ShapesError(
                f"{h}×{w} pictures do not halve evenly to sides of {SMALLEST_SIDE} to "
                f"{LARGEST_SIDE}; try data.size={_nearest(h)} or [{_nearest(h)}, {_nearest(w)}]"
            )
        return (height, width), count

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


def _nearest(side: int) -> int:
    return max(16, (side + 8) // 16 * 16)
