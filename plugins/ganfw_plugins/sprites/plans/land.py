"""Creatures that walk."""

from __future__ import annotations

import math

from ..brush import Shape
from ..face import face
from ..model import Model, lerp
from ..parts import crest, ears, foot_colour, pattern, spikes, tail


def quadruped(model: Model) -> None:
    """Four legs, seen from the side: a fox, a horse, a hog."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    length, girth = 0.42, lerp(0.2, 0.3, species.girth)
    hip = lerp(0.4, 0.25, species.legs)
    tail(model, 0.4, hip - 0.1)
    swing = 0.13 * pose.step
    for x, phase, far in ((0.36, -1, True), (-0.14, 1, True), (0.26, 1, False), (-0.26, -1, False)):
        foot = (x + swing * phase, 0.82 - (0.06 if far else 0.0))
        leg = canvas.limb([(x, hip), (x + swing * phase * 0.3, 0.62), foot], (0.12, 0.08, 0.09))
        shade = palette.second if far else palette.main
        canvas.fill(leg, shade)
        if not far:
            canvas.fill(canvas.ellipse(foot[0] - 0.03, foot[1], 0.12, 0.08), foot_colour(model))
    body = canvas.ellipse(0.08, hip, length, girth, 0.08)
    canvas.fill(body, palette.main)
    pattern(model, body, 0.08, hip, length, girth)
    if species.crest == "spikes":
        spikes(model, [(0.06 + 0.15 * i, hip - girth * 0.92, 0.3 * i) for i in (0, 1, 2)])
    x, y = -0.38, hip - lerp(0.28, 0.46, species.legs) + 0.05 * pose.nod
    canvas.fill(canvas.limb([(-0.2, hip), (x, y)], (0.17, 0.16)), palette.main)
    _head(model, x, y, lerp(0.27, 0.36, species.head), -0.5)


def sitter(model: Model) -> None:
    """A sitting animal from the front: a cat, a hare, a bear cub."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    girth = lerp(0.3, 0.42, species.girth)
    tail(model, 0.24, 0.7)
    body = canvas.ellipse(0.03, 0.48, girth, 0.38)
    canvas.fill(body, palette.main)
    pattern(model, body, 0.0, 0.48, girth, 0.38)
    for side in (-1, 1):
        canvas.fill(canvas.ellipse(side * girth * 0.85, 0.76, 0.17, 0.11), foot_colour(model))
        lift = max(0.0, pose.reach) * 0.3 if side < 0 else 0.0
        paw = (side * 0.14 - lift * 0.6, 0.76 - lift)
        canvas.fill(canvas.limb([(side * 0.17, 0.42), paw], (0.08, 0.075)), palette.main)
        canvas.fill(canvas.ellipse(*paw, 0.085, 0.065), foot_colour(model))
    _head(model, 0.03 * pose.nod - 0.03, -0.1, lerp(0.36, 0.44, species.head), 0.0)


def biped(model: Model) -> None:
    """Two legs, two arms, an upright body: a small dinosaur, a duck, an imp."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    girth, stride = lerp(0.24, 0.36, species.girth), 0.07 * pose.step
    tail(model, 0.22, 0.55, size=1.1)
    for side in (-1, 1):
        x, y = side * 0.17 + stride, 0.8 - 0.05 * max(0.0, side * pose.step)
        canvas.fill(canvas.limb([(side * 0.15, 0.55), (x, y)], (0.14, 0.1)), palette.main)
        canvas.fill(canvas.ellipse(x - 0.05, y + 0.02, 0.15, 0.08), foot_colour(model))
    if species.crest == "spikes":
        spikes(model, [(girth * 0.9, 0.2 + 0.17 * i, 1.2 + 0.2 * i) for i in (0, 1, 2)])
    body = canvas.ellipse(0.0, 0.36, girth, 0.36)
    canvas.fill(body, palette.main)
    pattern(model, body, -0.03, 0.36, girth, 0.36)
    for side in (-1, 1):
        swing = pose.reach * side
        hand = (side * (girth + 0.12), 0.36 - 0.2 * swing)
        arm = [(side * girth * 0.8, 0.2), (side * (girth + 0.06), 0.32 - 0.1 * swing), hand]
        canvas.fill(canvas.limb(arm, (0.075, 0.065, 0.075)), palette.main)
    _head(model, -0.04, -0.18 + 0.03 * pose.nod, lerp(0.32, 0.42, species.head), -0.25)


def turtle(model: Model) -> None:
    """A shell on four short legs."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    height = lerp(0.36, 0.5, species.girth)
    tail(model, 0.45, 0.6, size=0.6)
    for x, phase in ((0.38, -1), (-0.2, 1), (0.22, 1), (-0.34, -1)):
        foot = (x + 0.08 * pose.step * phase, 0.8)
        canvas.fill(canvas.limb([(x, 0.55), foot], (0.13, 0.11)), foot_colour(model))
    shell = canvas.ellipse(0.08, 0.45, 0.52, height)
    canvas.fill(shell, palette.second)
    for i in (-1, 0, 1):
        plate = canvas.ellipse(0.08 + i * 0.3, 0.3 + 0.1 * abs(i), 0.13, height * 0.42, i * 0.4)
        canvas.fill(plate, palette.accent, within=shell, lined=False)
    rim = canvas.limb([(-0.42, 0.58), (0.08, 0.68), (0.56, 0.58)], (0.08, 0.09, 0.08))
    canvas.fill(rim, palette.pale)
    if species.crest == "spikes":
        spikes(
            model, [(0.08 + 0.24 * i, 0.47 - height + 0.1 * abs(i), 0.5 * i) for i in (-1, 0, 1)]
        )
    x, y = -0.55, 0.22 + 0.08 * pose.nod
    canvas.fill(canvas.limb([(-0.35, 0.5), (x, y)], (0.13, 0.12)), palette.main)
    _head(model, x, y, 0.27, -0.6)


def golem(model: Model) -> None:
    """A body of boulders."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    wide = lerp(0.36, 0.5, species.girth)
    for side in (-1, 1):
        canvas.fill(_boulder(model, side * 0.24 + 0.05 * pose.step, 0.72, 0.17), palette.second)
    canvas.fill(_boulder(model, wide + 0.12, 0.3 + 0.18 * pose.reach, 0.19), palette.main)
    body = _boulder(model, 0.0, 0.2, wide, 6)
    canvas.fill(body, palette.main)
    for u, v in species.marks[:4]:
        patch = canvas.ellipse((u * 2 - 1) * wide, -0.1 + v * 0.6, 0.1, 0.07)
        canvas.fill(patch, palette.second, within=body, lined=False)
    canvas.fill(_boulder(model, -wide - 0.12, 0.3 - 0.18 * pose.reach, 0.21), palette.main)
    crest(model, 0.0, 0.2 - wide, 1.2)
    ears(model, 0.0, 0.22 - wide, 0.25)
    face(model, -0.04 + 0.04 * pose.nod, 0.1, 0.17, -0.2)


def _boulder(model: Model, x: float, y: float, radius: float, corners: int = 5) -> Shape:
    turn = model.species.snout * 2
    points = [
        (
            x + radius * math.cos(turn + 2 * math.pi * i / corners),
            y + radius * math.sin(turn + 2 * math.pi * i / corners),
        )
        for i in range(corners)
    ]
    return model.canvas.polygon(points, radius * 0.18)


def _head(model: Model, x: float, y: float, radius: float, turn: float) -> None:
    """A round head with ears, crest and face, turned to the side by ``turn``."""
    canvas, palette, species = model.canvas, model.palette, model.species
    ears(model, x, y - radius * 0.78, radius * 0.62, radius / 0.36)
    if species.crest != "gem":
        crest(model, x, y - radius * 0.92)
    skull = canvas.ellipse(x, y, radius * lerp(1.0, 1.15, species.head), radius * 0.95)
    canvas.fill(skull, palette.main)
    if species.pattern in ("belly", "socks"):
        muzzle = canvas.ellipse(x + turn * radius * 0.5, y + radius * 0.55,
                                radius * 0.7, radius * 0.45)  # fmt: skip
        canvas.fill(muzzle, palette.pale, within=skull, lined=False)
    if species.snout > 0.6 and turn:
        nose = canvas.ellipse(
            x + turn * radius * 1.3, y + radius * 0.35, radius * 0.5, radius * 0.36
        )
        canvas.fill(nose, palette.pale if species.pattern == "belly" else palette.main)
        canvas.dot(x + turn * radius * 2.0, y + radius * 0.22, 0.045, palette.line)
    if species.crest == "gem":
        crest(model, x + turn * 0.1, y - radius * 0.75, 0.9)
    face(model, x + turn * radius * 0.35, y - radius * 0.02, radius * 0.45, turn)
