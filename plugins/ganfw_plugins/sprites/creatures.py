"""Drawing a creature: a pure function of seed, species and individual."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from .brush import Canvas
from .model import Model
from .palette import vary
from .plans import PLANS
from .pose import random_pose
from .species import Species, make_species

STYLE = 1
"""Increased whenever the same numbers give another picture, so that caches are redrawn."""

_SMALLEST = 64


def draw(seed: int, species: int, individual: int, size: int = 64) -> NDArray[np.uint8]:
    """Individual number ``individual`` of a species, on white: (3, size, size) uint8 RGB."""
    kind = _species(seed, species)
    rng = np.random.default_rng((seed, species, individual))
    pose = random_pose(rng)
    palette = vary(kind.palette, rng, pose.shiny)
    # Small pictures are drawn larger and scaled down: their outlines would be jagged.
    fine = math.ceil(_SMALLEST / size)
    canvas = Canvas(size * fine, pose.view, palette.line)
    PLANS[kind.plan](Model(canvas, kind, pose, palette))
    pixels = canvas.pixels.reshape(3, size, fine, size, fine).mean(axis=(2, 4))
    # Not by `ganfw.to_bytes`, which rounds halves to even: some pixels would change.
    picture: NDArray[np.uint8] = (pixels.clip(0, 1) * 255 + 0.5).astype(np.uint8)
    return picture


@functools.lru_cache(maxsize=4096)
def _species(seed: int, number: int) -> Species:
    return make_species(seed, number, tuple(PLANS))
