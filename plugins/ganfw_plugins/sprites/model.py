"""The model of a picture: a species in a pose, with a canvas to draw it on."""

from __future__ import annotations

from dataclasses import dataclass

from .brush import Canvas
from .palette import Palette
from .pose import Pose
from .species import Species


@dataclass(frozen=True)
class Model:
    """Everything that a body plan needs."""

    canvas: Canvas
    species: Species
    pose: Pose
    palette: Palette


def lerp(low: float, high: float, amount: float) -> float:
    """Linear interpolation from ``low`` to ``high`` by ``amount`` in 0..1."""
    return low + (high - low) * amount
