"""What sits for its portrait: a species in a pose, before a canvas."""

from __future__ import annotations

from dataclasses import dataclass

from .brush import Canvas
from .palette import Palette
from .pose import Pose
from .species import Species


@dataclass(frozen=True)
class Model:
    """All that a body plan needs."""

    canvas: Canvas
    species: Species
    pose: Pose
    palette: Palette


def between(low: float, high: float, amount: float) -> float:
    """``low`` to ``high`` as ``amount`` goes from 0 to 1."""
    return low + (high - low) * amount
