"""The colours of a species: a few that go together, and a dark outline of a similar hue."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from .brush import Colour

_HARMONIES = (0.0, 0.08, -0.08, 0.33, -0.33, 0.5, 0.42)
"""Distances of the second hue from the first, as shares of the colour circle."""


@dataclass(frozen=True)
class Palette:
    """``main`` is for most of the creature, ``second`` for feet, wings and patterns, ``pale`` for
    the belly, ``accent`` for small parts, ``iris`` for the eyes, ``line`` for outlines."""

    main: Colour
    second: Colour
    pale: Colour
    accent: Colour
    iris: Colour
    line: Colour


def mix_palette(rng: np.random.Generator, hue: float) -> Palette:
    """A palette around ``hue``, a share of the colour circle from 0 (red)."""
    muted = rng.random() < 0.22
    saturation = rng.uniform(0.08, 0.3) if muted else rng.uniform(0.5, 0.85)
    value = rng.uniform(0.45, 0.85) if muted else rng.uniform(0.72, 0.97)
    other = hue + float(rng.choice(_HARMONIES))
    return Palette(
        main=_colour(hue, saturation, value),
        second=_colour(other, rng.uniform(0.45, 0.85), rng.uniform(0.5, 0.95)),
        pale=_colour(hue + rng.uniform(-0.04, 0.04), rng.uniform(0.08, 0.28), 0.98),
        accent=_colour(other + 0.5, rng.uniform(0.7, 0.95), rng.uniform(0.85, 1.0)),
        iris=_colour(rng.random(), rng.uniform(0.7, 0.95), rng.uniform(0.45, 0.8)),
        line=_colour(hue, 0.55, 0.2),
    )


def vary(palette: Palette, rng: np.random.Generator, shiny: bool) -> Palette:
    """The colours of one individual: close to those of its species, or far off if ``shiny``."""
    shift = 0.42 if shiny else float(rng.normal(0, 0.012))
    gain = 1.0 + float(rng.normal(0, 0.03))

    def varied(colour: Colour) -> Colour:
        hue, saturation, value = colorsys.rgb_to_hsv(*colour)
        if shiny and saturation < 0.3:
            saturation += 0.35
        return _colour(hue + shift, saturation, value * gain)

    return Palette(
        varied(palette.main),
        varied(palette.second),
        palette.pale,
        varied(palette.accent),
        palette.iris,
        palette.line,
    )


def _colour(hue: float, saturation: float, value: float) -> Colour:
    return colorsys.hsv_to_rgb(hue % 1.0, min(saturation, 1.0), min(value, 1.0))
