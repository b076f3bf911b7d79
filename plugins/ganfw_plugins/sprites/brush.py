"""Drawing: shapes as signed distances, filled in three tones inside a dark outline.

Coordinates are relative to the creature: x from -1 (left) to 1, y from -1 (top) to 1; the
ground is near 0.9.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Colour = tuple[float, float, float]
Point = tuple[float, float]

LINE = 0.038
"""Width of the outline of a shape."""

_LIGHT = (-0.42, -0.62)
_FRONT = 0.66
"""The direction of the light: from above, a little from the left, and from the front."""

_GROUND = 0.8
"""A creature leans around a point at this height, so that its feet stay in place."""


@dataclass(frozen=True)
class View:
    """How a creature is placed in the picture: rotated by ``lean`` radians, mirrored, scaled and
    shifted."""

    lean: float = 0.0
    mirrored: bool = False
    scale: float = 1.0
    shift: Point = (0.0, 0.0)


@dataclass(frozen=True)
class Box:
    """Pixels from row ``top`` to before ``bottom``, from column ``left`` to before ``right``."""

    top: int
    bottom: int
    left: int
    right: int

    def __and__(self, other: Box) -> Box:
        """The pixels that are in both."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        bottom, right = min(self.bottom, other.bottom), min(self.right, other.right)
        return Box(top, max(top, bottom), left, max(left, right))

    def within(self, outer: Box) -> tuple[slice, slice]:
        """Where it lies in an array that covers ``outer``."""
        rows = slice(self.top - outer.top, self.bottom - outer.top)
        return rows, slice(self.left - outer.left, self.right - outer.left)


@dataclass(frozen=True)
class Shape:
    """``distance`` (H, W) to the edge, negative inside, and ``light`` (H, W), the light that a
    rounded surface gets (Lambert): 1 where it faces the light, below 0 where it faces away.

    Both cover the pixels ``box``; there is nothing of the shape outside.
    """

    box: Box
    distance: Array
    light: Array


class Canvas:
    """A white picture of ``size`` × ``size`` pixels, seen through ``view``."""

    def __init__(self, size: int, view: View, line: Colour) -> None:
        self.pixels = np.ones((3, size, size), dtype=np.float32)
        self.line = line
        self._view = view
        self._pixel = 2.0 / size / view.scale
        self._x, self._y = _grid(size, view)
        turn = -view.lean if not view.mirrored else view.lean
        cosine, sine = math.cos(turn), math.sin(turn)
        x, y = (-_LIGHT[0] if view.mirrored else _LIGHT[0]), _LIGHT[1]
        self._light = (cosine * x - sine * y, sine * x + cosine * y)

    def ellipse(self, x: float, y: float, rx: float, ry: float, angle: float = 0.0) -> Shape:
        """An ellipse around (x, y), turned clockwise by ``angle`` radians."""
        cosine, sine = math.cos(angle), math.sin(angle)
        box, own_x, own_y = self._around(x, y, max(rx, ry))
        dx, dy = own_x - x, own_y - y
        u = (cosine * dx + sine * dy) / rx
        v = (cosine * dy - sine * dx) / ry
        length = np.sqrt(u * u + v * v) + 1e-6
        slope = np.sqrt((u / rx) ** 2 + (v / ry) ** 2) + 1e-6
        lx, ly = self._light
        tilt = u * (cosine * lx + sine * ly) + v * (cosine * ly - sine * lx)
        return Shape(box, length * (length - 1) / slope, _lambert(tilt, length))

    def limb(self, points: Sequence[Point], radii: Sequence[float]) -> Shape:
        """A rounded line through ``points``, with a radius at each of them."""
        best: Shape | None = None
        lx, ly = self._light
        box, own_x, own_y = self._around(*_middle(points, max(radii)))
        for (x0, y0), (x1, y1), r0, r1 in zip(
            points[:-1], points[1:], radii[:-1], radii[1:], strict=True
        ):
            ex, ey = x1 - x0, y1 - y0
            dx, dy = own_x - x0, own_y - y0
            along = np.clip((dx * ex + dy * ey) / (ex * ex + ey * ey + 1e-9), 0, 1)
            dx, dy, radius = dx - along * ex, dy - along * ey, r0 + along * (r1 - r0)
            length = np.sqrt(dx * dx + dy * dy)
            light = _lambert((dx * lx + dy * ly) / radius, length / radius)
            piece = Shape(box, length - radius, light)
            best = piece if best is None else _nearer(best, piece)
        assert best is not None, "a limb has at least two points"
        return best

    def polygon(self, points: Sequence[Point], soft: float = 0.0) -> Shape:
        """A polygon, enlarged by ``soft``, which also rounds its corners."""
        x, y, reach = _middle(points, soft)
        box, own_x, own_y = self._around(x, y, reach)
        squared = np.full_like(own_x, np.inf)
        inside = np.zeros(own_x.shape, dtype=bool)
        for (x0, y0), (x1, y1) in zip(points, (*points[1:], points[0]), strict=True):
            ex, ey = x1 - x0, y1 - y0
            dx, dy = own_x - x0, own_y - y0
            along = np.clip((dx * ex + dy * ey) / (ex * ex + ey * ey + 1e-9), 0, 1)
            np.minimum(squared, (dx - along * ex) ** 2 + (dy - along * ey) ** 2, out=squared)
            if y0 != y1:
                crosses = (own_y >= min(y0, y1)) & (own_y < max(y0, y1))
                inside ^= crosses & (dx < dy * (ex / ey))
        distance = np.where(inside, -1, 1) * np.sqrt(squared) - soft
        lx, ly = self._light
        light = ((own_x - x) * lx + (own_y - y) * ly) / reach + 0.8 * _FRONT
        return Shape(box, distance.astype(np.float32), light)

    def fill(
        self, shape: Shape, colour: Colour, within: Shape | None = None, lined: bool = True
    ) -> None:
        """Paint the part of ``shape`` inside ``within``, in tones of ``colour``. Patterns have no
        outline."""
        edge = LINE / 2
        box = shape.box if within is None else shape.box & within.box
        part = box.within(shape.box)
        target, distance = self._pixels_in(box), shape.distance[part]
        if lined:
            _lay(target, self.line, self._cover(distance - edge))
        cover = self._cover(distance + edge if lined else distance)
        light = shape.light[part]
        if within is not None:
            part = box.within(within.box)
            cover = cover * self._cover(within.distance[part] + edge)
            light = within.light[part]
        _lay(target, colour, cover)
        for tone, share in _tones(colour, light):
            _lay(target, tone, cover * share)

    def dot(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A flat disc without an outline: a pupil, a highlight."""
        shape = self.ellipse(x, y, radius, radius)
        _lay(self._pixels_in(shape.box), colour, self._cover(shape.distance))

    def stroke(self, points: Sequence[Point], width: float, colour: Colour | None = None) -> None:
        """A flat line, by default in the colour of outlines: a mouth, a whisker."""
        shape = self.limb(points, [width / 2] * len(points))
        _lay(self._pixels_in(shape.box), colour or self.line, self._cover(shape.distance))

    def _around(self, x: float, y: float, reach: float) -> tuple[Box, Array, Array]:
        """The pixels within ``reach`` and an outline's width of (x, y), and their coordinates."""
        size = self.pixels.shape[1]
        column, row = _to_picture(x, y, self._view)
        half = (reach + LINE) * self._view.scale + 2 / size
        left, right = (_index(column + side * half, size) for side in (-1, 1))
        top, bottom = (_index(row + side * half, size) for side in (-1, 1))
        rows, columns = slice(top, bottom), slice(left, right)
        return Box(top, bottom, left, right), self._x[rows, columns], self._y[rows, columns]

    def _pixels_in(self, box: Box) -> Array:
        return self.pixels[:, box.top : box.bottom, box.left : box.right]

    def _cover(self, distance: Array) -> Array:
        """The share of each pixel that lies inside, 0 to 1."""
        cover: Array = np.clip(0.5 - distance / self._pixel, 0, 1)
        return cover


def _grid(size: int, view: View) -> tuple[Array, Array]:
    """The coordinates, relative to the creature, of each pixel's centre."""
    steps = ((np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1).astype(np.float32)
    x = (steps[None, :] - view.shift[0]) / view.scale
    y = (steps[:, None] - view.shift[1]) / view.scale
    if view.mirrored:
        x = -x
    cosine, sine = math.cos(view.lean), math.sin(view.lean)
    y = y - _GROUND
    return cosine * x + sine * y, cosine * y - sine * x + _GROUND


def _to_picture(x: float, y: float, view: View) -> Point:
    """Where (x, y), relative to the creature, lies in the picture, whose sides go from -1 to 1: the
    inverse of `_grid`."""
    cosine, sine = math.cos(view.lean), math.sin(view.lean)
    y = y - _GROUND
    x, y = cosine * x - sine * y, sine * x + cosine * y + _GROUND
    x = -x if view.mirrored else x
    return x * view.scale + view.shift[0], y * view.scale + view.shift[1]


def _index(place: float, size: int) -> int:
    """The pixel at ``place`` in -1..1, or the nearest one."""
    return min(max(round((place + 1) * size / 2), 0), size)


def _middle(points: Sequence[Point], thickness: float) -> tuple[float, float, float]:
    """The middle of ``points``, and their greatest distance from it."""
    xs, ys = zip(*points, strict=True)
    x, y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    return x, y, max(math.hypot(px - x, py - y) for px, py in points) + thickness


def _lambert(tilt: Array, length: Array) -> Array:
    """The light on a hemisphere at ``length`` from its middle; ``tilt`` is of its slope."""
    light: Array = tilt + _FRONT * np.sqrt(np.maximum(1 - length * length, 0))
    return light


def _nearer(one: Shape, other: Shape) -> Shape:
    first = one.distance < other.distance
    return Shape(
        one.box, np.minimum(one.distance, other.distance), np.where(first, one.light, other.light)
    )


def _lay(target: Array, colour: Colour, cover: Array) -> None:
    target += (np.array(colour, np.float32)[:, None, None] - target) * cover


def _tones(colour: Colour, light: Array) -> tuple[tuple[Colour, Array], ...]:
    """The shadow and the highlight of ``colour``, each with the share of every pixel it covers."""
    red, green, blue = colour
    shadow = (red * 0.68, green * 0.66, blue * 0.76)
    glow = (red + (1 - red) * 0.35, green + (1 - green) * 0.35, blue + (1 - blue) * 0.25)
    return (
        (shadow, np.clip((0.30 - light) * 8, 0, 1)),
        (glow, np.clip((light - 0.93) * 16, 0, 1)),
    )
