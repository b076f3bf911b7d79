"""Body plans: functions that draw a creature from its parts."""

from __future__ import annotations

from collections.abc import Callable

from ..model import Model
from .air import bat, bird, dragon, moth
from .land import biped, golem, quadruped, sitter, turtle
from .small import beetle, crab, mushroom, snail, spider
from .water import fish, ghost, jelly, serpent

PLANS: tuple[Callable[[Model], None], ...] = (
    quadruped, bird, biped, fish, moth, sitter, ghost, dragon, beetle,
    turtle, jelly, bat, serpent, mushroom, crab, golem, snail, spider,
)  # fmt: skip
