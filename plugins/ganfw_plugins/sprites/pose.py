"""The pose of one individual in its picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .brush import View


@dataclass(frozen=True)
class Pose:
    """Movements are in -1..1, with 0 at rest."""

    view: View
    step: float
    nod: float
    wag: float
    flap: float
    reach: float
    look: tuple[float, float]
    blink: bool
    shiny: bool


def random_pose(rng: np.random.Generator) -> Pose:
    """A random pose. One creature in eight is shiny, one in five looks the other way."""
    view = View(
        lean=float(rng.normal(0, 0.1)),
        mirrored=bool(rng.random() < 0.2),
        scale=float(rng.uniform(0.92, 1.06)),
        shift=(float(rng.normal(0, 0.035)), float(rng.normal(0, 0.03))),
    )
    angle = rng.uniform(0, 2 * math.pi)
    return Pose(
        view=view,
        step=float(rng.uniform(-1, 1)),
        nod=float(rng.uniform(-1, 1)),
        wag=float(rng.uniform(-1, 1)),
        flap=float(rng.uniform(-1, 1)),
        reach=float(rng.uniform(-1, 1)),
        look=(0.5 * math.cos(angle), 0.5 * math.sin(angle)),
        blink=bool(rng.random() < 0.06),
        shiny=bool(rng.random() < 0.125),
    )
