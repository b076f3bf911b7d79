"""A species: a body plan, a palette, and the traits that all its individuals share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .palette import Palette, mix_palette

Ears = Literal["pointed", "round", "long", "floppy", "horns", "antennae", "none"]
Tail = Literal["thin", "bushy", "curl", "spade", "flame", "leaf"]
Eyes = Literal["round", "tall", "fierce", "sleepy", "beady"]
Mouth = Literal["smile", "fangs", "line", "open", "cat"]
Pattern = Literal["plain", "belly", "stripes", "spots", "socks"]
Crest = Literal["none", "spikes", "tuft", "leaf", "flame", "gem"]

_EARS: tuple[Ears, ...] = ("pointed", "round", "long", "floppy", "horns", "antennae", "none")
_TAILS: tuple[Tail, ...] = ("thin", "bushy", "curl", "spade", "flame", "leaf")
_EYES: tuple[Eyes, ...] = ("round", "tall", "fierce", "sleepy", "beady")
_MOUTHS: tuple[Mouth, ...] = ("smile", "fangs", "line", "open", "cat")
_PATTERNS: tuple[Pattern, ...] = ("plain", "belly", "stripes", "spots", "socks")
_CRESTS: tuple[Crest, ...] = ("none", "spikes", "tuft", "leaf", "flame", "gem")

_GOLDEN = 0.618034
"""Hues that differ by this share of the colour circle never come close to each other."""


@dataclass(frozen=True)
class Species:
    """What all individuals have in common. Amounts are in 0..1."""

    plan: str
    palette: Palette
    girth: float
    head: float
    legs: float
    snout: float
    eye_size: float
    ears: Ears
    tail: Tail
    eyes: Eyes
    mouth: Mouth
    pattern: Pattern
    crest: Crest
    blush: bool
    marks: tuple[tuple[float, float], ...]
    """Places of the spots in the unit square."""


def species_names(seed: int, count: int, plans: Sequence[str]) -> tuple[str, ...]:
    """``crab-1``: each has the name of its body plan and a number."""
    order = _world(seed).permutation(len(plans))
    rounds = (divmod(number, len(plans)) for number in range(count))
    return tuple(f"{plans[order[place]]}-{turn + 1}" for turn, place in rounds)


def make_species(seed: int, number: int, plans: Sequence[str]) -> Species:
    """Species ``number`` for ``seed``. The body plans of these names alternate."""
    rng = np.random.default_rng((seed, number))
    world = _world(seed)
    order = world.permutation(len(plans))
    hue = float(world.random()) + number * _GOLDEN
    return Species(
        plan=plans[order[number % len(plans)]],
        palette=mix_palette(rng, hue),
        girth=float(rng.random()),
        head=float(rng.random()),
        legs=float(rng.random()),
        snout=float(rng.random()),
        eye_size=float(rng.random()),
        ears=_EARS[rng.integers(len(_EARS))],
        tail=_TAILS[rng.integers(len(_TAILS))],
        eyes=_EYES[rng.integers(len(_EYES))],
        mouth=_MOUTHS[rng.integers(len(_MOUTHS))],
        pattern=_PATTERNS[rng.integers(len(_PATTERNS))],
        crest=_CRESTS[rng.integers(len(_CRESTS))],
        blush=bool(rng.random() < 0.4),
        marks=tuple((float(x), float(y)) for x, y in rng.random((7, 2))),
    )


def _world(seed: int) -> np.random.Generator:
    """What all species of a seed share."""
    return np.random.default_rng((seed, 2**32))
