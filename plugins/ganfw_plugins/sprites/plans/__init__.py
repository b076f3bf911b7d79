"""Body plans: functions that draw a creature from its parts."""

from __future__ import annotations

from collections.abc import Callable

from ..model import Model
from .air import bat, bird, dragon, moth
from .land import biped, golem, quadruped, sitter, turtle
from .small import beetle, crab, mushroom, snail, spider
from .water import fish, ghost, jelly, serpent

PLANS: dict[str, Callable[[Model], None]] = {
    "quadruped": quadruped, "bird": bird, "biped": biped, "fish": fish, "moth": moth,
    "sitter": sitter, "ghost": ghost, "dragon": dragon, "beetle": beetle, "turtle": turtle,
    "jelly": jelly, "bat": bat, "serpent": serpent, "mushroom": mushroom, "crab": crab,
    "golem": golem, "snail": snail, "spider": spider,
}  # fmt: skip
