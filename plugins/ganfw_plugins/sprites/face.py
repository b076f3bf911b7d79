"""Eyes, mouths and cheeks."""

from __future__ import annotations

from .brush import Colour, Point, Shape
from .model import Model, lerp

_WHITE: Colour = (1.0, 1.0, 1.0)
_PUPIL: Colour = (0.07, 0.05, 0.1)
_BLUSH: Colour = (1.0, 0.55, 0.55)
_TONGUE: Colour = (0.93, 0.42, 0.45)
_MAW: Colour = (0.45, 0.12, 0.18)


def face(model: Model, x: float, y: float, spread: float, turn: float = 0.0) -> None:
    """Two eyes around (x, y), ``spread`` apart from the middle, with cheeks and mouth below.

    ``turn`` in -1..1 looks to the side: the far eye is narrower.
    """
    radius = min(lerp(0.085, 0.135, model.species.eye_size), spread * 0.8)
    drop = radius + 0.07
    if model.species.blush:
        for side in (-1, 1):
            _cheek(model, x + side * (spread + radius * 0.9), y + radius + 0.03)
    for side in (-1, 1):
        narrow = 1 - 0.25 * max(0.0, side * turn)
        eye(model, x + side * spread * narrow, y, radius, side, narrow)
    mouth(model, x + turn * 0.05, y + drop, spread * 0.6)


def eye(
    model: Model, x: float, y: float, radius: float, side: int = -1, narrow: float = 1.0
) -> None:
    """One eye; ``side`` is -1 for the left one, whose brow slants to the right."""
    canvas, pose, kind = model.canvas, model.pose, model.species.eyes
    if pose.blink:
        canvas.stroke([(x - radius, y), (x, y + radius * 0.3), (x + radius, y)], 0.045)
        return
    if kind == "beady":
        canvas.dot(x, y, radius * 0.72, _PUPIL)
        canvas.dot(x - radius * 0.22, y - radius * 0.28, radius * 0.26, _WHITE)
        return
    width = radius * narrow * (0.78 if kind == "tall" else 1.0)
    height = radius * (1.3 if kind == "tall" else 1.05)
    ball = canvas.ellipse(x, y, width, height)
    canvas.fill(ball, _WHITE)
    looks_at = (x + pose.look[0] * width * 0.45, y + pose.look[1] * height * 0.3)
    _iris(model, looks_at, width, height, ball)
    if kind == "sleepy":
        lid = canvas.ellipse(x, y - height * 0.95, width * 1.6, height * 1.0)
        canvas.fill(lid, model.palette.main, within=ball, lined=False)
        canvas.stroke([(x - width, y), (x + width, y)], 0.035)
    if kind == "fierce":
        inner, outer = (x - side * width * 1.25, y - height * 0.35), (x + side * width, y - height)
        lid_points = [inner, outer, (x + side * width, y - height * 2), (x, y - height * 2)]
        canvas.fill(canvas.polygon(lid_points), model.palette.main, within=ball, lined=False)
        canvas.stroke([inner, outer], 0.06)


def _iris(model: Model, at: Point, width: float, height: float, ball: Shape) -> None:
    canvas, (x, y) = model.canvas, at
    iris = canvas.ellipse(x, y, width * 0.72, height * 0.78)
    canvas.fill(iris, model.palette.iris, within=ball, lined=False)
    pupil = canvas.ellipse(x, y, width * 0.45, height * 0.55)
    canvas.fill(pupil, _PUPIL, within=ball, lined=False)
    canvas.dot(x - width * 0.25, y - height * 0.32, width * 0.3, _WHITE)


def mouth(model: Model, x: float, y: float, width: float) -> None:
    """A mouth around (x, y), ``width`` from its middle to a corner."""
    canvas, kind = model.canvas, model.species.mouth
    dip = width * 0.55
    smile = [(x - width, y), (x - width * 0.4, y + dip), (x + width * 0.4, y + dip), (x + width, y)]
    if kind == "line":
        canvas.stroke([(x - width * 0.7, y + dip / 2), (x + width * 0.7, y + dip / 2)], 0.04)
    elif kind == "cat":
        left = [(x - width, y), (x - width / 2, y + dip * 0.8), (x, y)]
        canvas.stroke([*left, (x + width / 2, y + dip * 0.8), (x + width, y)], 0.04)
    elif kind == "open":
        gape = canvas.ellipse(x, y + dip * 0.6, width * 0.75, dip * 1.1)
        canvas.fill(gape, _MAW)
        tongue = canvas.ellipse(x, y + dip * 1.3, width * 0.5, dip * 0.6)
        canvas.fill(tongue, _TONGUE, within=gape, lined=False)
    else:
        canvas.stroke(smile, 0.04)
        if kind == "fangs":
            for side in (-1, 1):
                tip = (x + side * width * 0.5, y + dip + 0.07)
                root = (x + side * width * 0.68, y + dip * 0.6)
                fang = [root, (x + side * width * 0.25, y + dip), tip]
                canvas.fill(canvas.polygon(fang), _WHITE)


def _cheek(model: Model, x: float, y: float) -> None:
    model.canvas.dot(x, y, 0.05, _BLUSH)
