"""Parts that many body plans share: ears, tails, crests, wings and patterns."""

from __future__ import annotations

import math
from collections.abc import Callable

from .brush import Colour, Point, Shape
from .model import Model, lerp

_IVORY: Colour = (0.96, 0.92, 0.8)
_LEAF: Colour = (0.36, 0.72, 0.3)
_EMBER: Colour = (0.98, 0.45, 0.15)
_SPARK: Colour = (1.0, 0.85, 0.3)


def ears(model: Model, x: float, y: float, spread: float, size: float = 1.0) -> None:
    """Both ears, horns or antennae of a head whose crown is at (x, y)."""
    draw = _EARS.get(model.species.ears)
    if draw is not None:
        for side in (-1, 1):
            draw(model, x + side * spread, y, side, size)


def tail(model: Model, x: float, y: float, side: int = 1, size: float = 1.0) -> None:
    """A tail that begins at (x, y) and goes to ``side``: 1 is right."""
    canvas, palette, kind = model.canvas, model.palette, model.species.tail
    lift = 0.12 * model.pose.wag

    def at(dx: float, dy: float) -> Point:
        return (x + side * dx * size, y + (dy - lift * dx * 3) * size)

    if kind == "bushy":
        canvas.fill(canvas.limb([at(0, 0), at(0.25, -0.1), at(0.4, -0.35)], (0.07, 0.16, 0.15)),
                    palette.main)  # fmt: skip
        canvas.fill(canvas.ellipse(*at(0.42, -0.45), 0.1 * size, 0.12 * size), palette.pale)
        return
    path = [at(0, 0), at(0.2, 0.03), at(0.36, -0.1), at(0.4, -0.3)]
    if kind == "curl":
        path = [*path, at(0.28, -0.42), at(0.18, -0.3)]
    canvas.fill(canvas.limb(path, [0.075, 0.06, 0.05, *[0.045] * (len(path) - 3)]), palette.main)
    tip = path[-1]
    if kind == "spade":
        points = [(-0.13, 0.0), (0.0, -0.2), (0.13, 0.0), (0.0, 0.05)]
        canvas.fill(canvas.polygon([(tip[0] + a, tip[1] + b) for a, b in points], 0.02),
                    palette.second)  # fmt: skip
    elif kind == "flame":
        flame(model, *tip, 0.17)
    elif kind == "leaf":
        leaf(model, *tip, 0.24, 0.5 * side)


def crest(model: Model, x: float, y: float, size: float = 1.0) -> None:
    """The crest of a head whose crown is at (x, y)."""
    canvas, palette, kind = model.canvas, model.palette, model.species.crest
    if kind == "tuft":
        for angle in (-0.6, 0.0, 0.6):
            tip = (x + 0.2 * size * math.sin(angle), y - 0.2 * size * math.cos(angle))
            canvas.fill(canvas.limb([(x, y + 0.03), tip], (0.06, 0.015)), palette.second)
    elif kind == "leaf":
        leaf(model, x, y + 0.02, 0.28 * size, 0.5)
        leaf(model, x, y + 0.02, 0.24 * size, -0.6)
    elif kind == "flame":
        flame(model, x, y, 0.2 * size)
    elif kind == "gem":
        points = [(0.0, -0.1), (0.07, 0.0), (0.0, 0.1), (-0.07, 0.0)]
        canvas.fill(canvas.polygon([(x + a, y + 0.1 + b) for a, b in points]), palette.accent)


def spikes(model: Model, along: list[tuple[float, float, float]], size: float = 0.13) -> None:
    """Spikes rooted at (x, y), each pointing ``angle`` radians clockwise from up."""
    canvas = model.canvas
    for x, y, angle in along:
        tip = (x + size * math.sin(angle), y - size * math.cos(angle))
        wide = (size * 0.5 * math.cos(angle), size * 0.5 * math.sin(angle))
        corners = [(x - wide[0], y - wide[1]), tip, (x + wide[0], y + wide[1])]
        canvas.fill(canvas.polygon(corners), model.palette.accent)


def flame(model: Model, x: float, y: float, size: float) -> None:
    """A flame that stands on (x, y) and bends as the tail wags."""
    bend = 0.35 * size * model.pose.wag
    for part, colour in ((1.0, _EMBER), (0.55, _SPARK)):
        points = [
            (x, y),
            (x + bend * 0.3, y - size * 0.5 * part),
            (x + bend, y - size * 1.3 * part),
        ]
        shape = model.canvas.limb(points, (size * 0.5 * part, size * 0.45 * part, 0.01))
        model.canvas.fill(shape, colour, lined=part == 1.0)


def leaf(model: Model, x: float, y: float, length: float, angle: float) -> None:
    """A leaf with its stalk at (x, y), ``angle`` radians clockwise from up."""
    dx, dy = math.sin(angle), -math.cos(angle)
    middle = (x + dx * length * 0.55, y + dy * length * 0.55)
    shape = model.canvas.ellipse(*middle, length * 0.26, length * 0.5, angle)
    model.canvas.fill(shape, _LEAF)
    end = (x + dx * length * 0.85, y + dy * length * 0.85)
    model.canvas.stroke([(x, y), end], 0.025)


def feathered_wing(model: Model, x: float, y: float, side: int, length: float, lift: float) -> None:
    """Three feathers from the shoulder (x, y), raised by ``lift`` radians above level."""
    for i, part in enumerate((1.0, 0.85, 0.65)):
        angle = lift - 0.42 * i
        tip = (
            x + side * length * part * math.cos(angle),
            y - length * part * math.sin(angle),
        )
        colour = model.palette.second if i else model.palette.main
        model.canvas.fill(model.canvas.limb([(x, y), tip], (0.09, 0.075 * part)), colour)


def webbed_wing(model: Model, x: float, y: float, side: int, length: float, lift: float) -> None:
    """A bat's or dragon's wing from the shoulder (x, y)."""
    canvas = model.canvas

    def at(reach: float, angle: float) -> Point:
        return (x + side * length * reach * math.cos(angle), y - length * reach * math.sin(angle))

    tips = [at(1.0, lift + 0.5), at(0.55, lift + 0.05), at(1.0, lift - 0.15), at(0.5, lift - 0.5),
            at(0.75, lift - 0.85)]  # fmt: skip
    canvas.fill(canvas.polygon([(x, y), *tips], 0.015), model.palette.second)
    canvas.fill(canvas.limb([(x, y), at(0.75, lift + 0.75), tips[0]], (0.045, 0.04, 0.02)),
                model.palette.main)  # fmt: skip


def pattern(model: Model, body: Shape, x: float, y: float, rx: float, ry: float) -> None:
    """The species' pattern on ``body``, which lies around (x, y)."""
    canvas, palette, species = model.canvas, model.palette, model.species
    if species.pattern == "belly":
        shape = canvas.ellipse(x, y + ry * 0.35, rx * 0.68, ry * 0.72)
        canvas.fill(shape, palette.pale, within=body, lined=False)
    elif species.pattern == "stripes":
        for i in (-1, 0, 1):
            band = canvas.limb(
                [(x + i * rx * 0.6, y - ry * 1.1), (x + i * rx * 0.75, y - ry * 0.1)],
                (rx * 0.15, 0.01),
            )
            canvas.fill(band, palette.second, within=body, lined=False)
    elif species.pattern == "spots":
        for u, v in species.marks:
            radius = lerp(0.05, 0.1, (u + v) % 1)
            spot = canvas.ellipse(x + (u * 2 - 1) * rx * 0.8, y + (v * 2 - 1) * ry * 0.8,
                                  radius, radius * 0.85)  # fmt: skip
            canvas.fill(spot, palette.second, within=body, lined=False)


def foot_colour(model: Model) -> Colour:
    """The second colour for species with socks."""
    return model.palette.second if model.species.pattern == "socks" else model.palette.main


def _pointed(model: Model, x: float, y: float, side: int, size: float) -> None:
    twitch = 0.03 * model.pose.nod
    tip = (x + side * 0.1 * size + twitch, y - 0.3 * size)
    outer = [(x - side * 0.1, y + 0.06), tip, (x + side * 0.12, y + 0.1)]
    model.canvas.fill(model.canvas.polygon(outer, 0.02), model.palette.main)
    inner = [(x - side * 0.03, y + 0.03), (tip[0], tip[1] + 0.09), (x + side * 0.06, y + 0.06)]
    model.canvas.fill(model.canvas.polygon(inner), model.palette.second, lined=False)


def _round(model: Model, x: float, y: float, side: int, size: float) -> None:
    canvas = model.canvas
    x, y = x + side * 0.04, y - 0.02
    canvas.fill(canvas.ellipse(x, y, 0.14 * size, 0.14 * size), model.palette.main)
    canvas.fill(canvas.ellipse(x, y, 0.07 * size, 0.07 * size), model.palette.second, lined=False)


def _long(model: Model, x: float, y: float, side: int, size: float) -> None:
    canvas = model.canvas
    angle = side * (0.22 + 0.12 * model.pose.nod)
    length = 0.27 * size
    middle = (x + length * 0.8 * math.sin(angle), y - length * 0.8 * math.cos(angle))
    canvas.fill(canvas.ellipse(*middle, 0.085 * size, length, angle), model.palette.main)
    canvas.fill(canvas.ellipse(*middle, 0.04 * size, length * 0.7, angle), model.palette.second,
                lined=False)  # fmt: skip


def _floppy(model: Model, x: float, y: float, side: int, size: float) -> None:
    out = x + side * (0.17 + 0.03 * model.pose.nod)
    path = [(x, y + 0.04), (out, y + 0.06), (out + side * 0.02, y + 0.3 * size)]
    model.canvas.fill(model.canvas.limb(path, (0.06, 0.08, 0.09)), model.palette.second)


def _horns(model: Model, x: float, y: float, side: int, size: float) -> None:
    path = [(x, y + 0.05), (x + side * 0.1, y - 0.08), (x + side * 0.06, y - 0.25 * size)]
    model.canvas.fill(model.canvas.limb(path, (0.065, 0.05, 0.012)), _IVORY)


def _antennae(model: Model, x: float, y: float, side: int, size: float) -> None:
    tip = (x + side * (0.12 + 0.05 * model.pose.nod), y - 0.28 * size)
    model.canvas.stroke([(x * 0.6, y + 0.05), (x, y - 0.15 * size), tip], 0.045)
    model.canvas.fill(model.canvas.ellipse(*tip, 0.06, 0.06), model.palette.accent)


_EARS: dict[str, Callable[[Model, float, float, int, float], None]] = {
    "pointed": _pointed,
    "round": _round,
    "long": _long,
    "floppy": _floppy,
    "horns": _horns,
    "antennae": _antennae,
}
