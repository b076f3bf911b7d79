"""Small creatures."""

from __future__ import annotations

from ..brush import Colour
from ..face import eye, face
from ..model import Model, lerp
from ..parts import crest, ears, pattern, spikes

_STALK: Colour = (0.97, 0.93, 0.84)


def beetle(model: Model) -> None:
    """Wing cases, six legs, and antennae or a horn."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    wide = lerp(0.38, 0.5, species.girth)
    for side in (-1, 1):
        for i in (0, 1, 2):
            y = 0.2 + 0.2 * i
            knee = (side * (wide + 0.12), y - 0.06)
            foot = (side * (wide + 0.2), y + 0.18 + 0.05 * pose.step * side * (1 - 2 * (i % 2)))
            canvas.stroke([(side * wide * 0.6, y), knee, foot], 0.075)
    case = canvas.ellipse(0.0, 0.38, wide, 0.44)
    canvas.fill(case, palette.second)
    for x, y in species.marks[:4]:
        for side in (-1, 1):
            spot = canvas.ellipse(side * (0.1 + x * wide * 0.7), 0.1 + y * 0.6, 0.085, 0.085)
            canvas.fill(spot, palette.accent, within=case, lined=False)
    canvas.stroke([(0.0, 0.0), (0.03 * pose.wag, 0.8)], 0.045)
    x, y, radius = 0.04 * pose.nod, -0.16, lerp(0.27, 0.34, species.head)
    if species.snout > 0.5:
        horn = [(x, y), (x - 0.02, y - 0.35), (x - 0.14, y - 0.55)]
        canvas.fill(canvas.limb(horn, (0.11, 0.08, 0.03)), palette.main)
    else:
        for side in (-1, 1):
            tip = (x + side * (0.3 + 0.04 * pose.wag), y - 0.45)
            canvas.stroke([(x + side * 0.12, y - 0.15), (x + side * 0.16, y - 0.36), tip], 0.05)
    canvas.fill(canvas.ellipse(x, y, radius * 1.1, radius * 0.9), palette.main)
    face(model, x, y - 0.02, 0.15)


def crab(model: Model) -> None:
    """A crab with two raised claws."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    wide = lerp(0.36, 0.48, species.girth)
    for side in (-1, 1):
        for i in (0, 1, 2):
            foot = (side * (wide + 0.06 + 0.1 * i), 0.82 - 0.1 * i + 0.04 * pose.step * side)
            joint = (side * (wide + 0.1 * i), 0.56 - 0.08 * i)
            canvas.fill(canvas.limb([(side * wide * 0.6, 0.45), joint, foot], (0.06, 0.06, 0.03)),
                        palette.main)  # fmt: skip
        x, y = side * (wide + 0.16), -0.1 - 0.14 * pose.reach * side
        canvas.fill(canvas.limb([(side * wide * 0.8, 0.3), (side * (wide + 0.18), 0.2), (x, y)],
                                (0.08, 0.08, 0.09)), palette.main)  # fmt: skip
        size = 1.15 if side < 0 else 0.95
        for lean in (-1, 1):
            tip = (x + lean * 0.13 * size, y - 0.24 * size)
            base = (x + lean * 0.09 * size, y - 0.02)
            canvas.fill(canvas.limb([base, tip], (0.11 * size, 0.03)), palette.second)
    for side in (-1, 1):
        stalk = (side * 0.15, -0.06 + 0.03 * pose.nod * side)
        canvas.fill(canvas.limb([(side * 0.13, 0.25), stalk], (0.05, 0.045)), palette.main)
    if species.crest == "spikes":
        spikes(model, [(0.16 * i, 0.16 + 0.03 * abs(i), 0.3 * i) for i in (-1, 0, 1)])
    shell = canvas.ellipse(0.0, 0.42, wide, 0.28)
    canvas.fill(shell, palette.main)
    pattern(model, shell, 0.0, 0.42, wide, 0.28)
    for side in (-1, 1):
        eye(model, side * 0.15, -0.1 + 0.03 * pose.nod * side, 0.11, side)
    canvas.stroke([(-0.12, 0.42), (-0.04, 0.48), (0.04, 0.48), (0.12, 0.42)], 0.04)


def mushroom(model: Model) -> None:
    """A spotted cap on a stem with a face."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    wide, tilt = lerp(0.55, 0.72, species.girth), 0.1 * pose.nod
    for side in (-1, 1):
        foot = (side * 0.15 + 0.05 * pose.step, 0.83 - 0.04 * max(0.0, side * pose.step))
        canvas.fill(canvas.ellipse(*foot, 0.14, 0.08), palette.second)
        hand = (side * 0.42, 0.42 - 0.16 * pose.reach * side)
        canvas.fill(canvas.limb([(side * 0.24, 0.42), hand], (0.07, 0.065)), _STALK)
    stem = canvas.limb([(0.0, 0.1), (0.0, 0.58)], (0.25, lerp(0.28, 0.34, species.head)))
    canvas.fill(stem, _STALK)
    if species.crest in ("leaf", "flame"):
        crest(model, tilt, -0.55, 1.2)
    cap = canvas.polygon([(-wide + 0.06, 0.12 - tilt), (-wide * 0.55, -0.36 - tilt / 2),
                          (tilt, -0.5), (wide * 0.55, -0.36 + tilt / 2),
                          (wide - 0.06, 0.12 + tilt)], 0.09)  # fmt: skip
    canvas.fill(cap, palette.main)
    for u, v in ((-0.5, 0.0), (0.05, -0.32), (0.52, -0.06), (-0.1, 0.1)):
        size = lerp(0.09, 0.14, species.snout)
        spot = canvas.ellipse(u * wide, v - 0.05 + tilt * u, size * 1.15, size)
        canvas.fill(spot, palette.pale, within=cap, lined=False)
    face(model, 0.03 * pose.nod, 0.4, 0.15)


def snail(model: Model) -> None:
    """A spiral shell on a soft foot."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    size = lerp(0.36, 0.46, species.girth)
    x, y = -0.48, 0.05 + 0.06 * pose.nod
    for side in (-1, 1):
        tip = (x - 0.06 + side * 0.13, y - 0.38 + 0.04 * pose.wag * side)
        canvas.fill(canvas.limb([(x + side * 0.08, y), tip], (0.06, 0.05)), palette.main)
        canvas.fill(canvas.ellipse(*tip, 0.075, 0.075), palette.accent)
    foot = [(x, y), (-0.42, 0.5), (-0.1, 0.72), (0.4, 0.74), (0.74, 0.76 - 0.05 * pose.wag)]
    canvas.fill(canvas.limb(foot, (0.2, 0.17, 0.13, 0.12, 0.03)), palette.main)
    sx, sy = 0.18, 0.28 + 0.02 * pose.flap
    if species.crest == "spikes":
        spikes(model, [(sx + size * 0.9 * a, sy - size * b, a) for a, b in
                       ((-0.7, 0.75), (0.0, 0.98), (0.7, 0.75))], 0.16)  # fmt: skip
    canvas.fill(canvas.ellipse(sx, sy, size, size), palette.second)
    for part, colour in ((0.7, palette.accent), (0.42, palette.second), (0.18, palette.accent)):
        shift = size * (1 - part) * 0.25
        ring = canvas.ellipse(sx - shift, sy + shift, size * part, size * part)
        canvas.fill(ring, colour, lined=part > 0.3)
    face(model, x - 0.03, y, 0.11, -0.3)


def spider(model: Model) -> None:
    """Eight legs and many eyes."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    for side in (-1, 1):
        for i in range(4):
            lift = 0.06 * pose.step * (1 if i % 2 else -1) * side
            knee = (side * (0.5 + 0.05 * i), -0.18 + 0.17 * i + lift)
            foot = (side * (0.78 - 0.05 * i), 0.38 + 0.16 * i + lift)
            canvas.fill(canvas.limb([(side * 0.15, 0.3), knee, foot], (0.06, 0.05, 0.03)),
                        palette.second)  # fmt: skip
    radius = lerp(0.32, 0.42, species.girth)
    back = canvas.ellipse(0.05 * pose.wag, 0.08, radius, radius)
    canvas.fill(back, palette.main)
    pattern(model, back, 0.05 * pose.wag, 0.0, radius, radius)
    crest(model, 0.0, -radius + 0.12)
    x, y = 0.04 * pose.nod, 0.42
    for side in (-1, 1):
        fang = [(x + side * 0.06, y + 0.2), (x + side * 0.15, y + 0.2), (x + side * 0.07, y + 0.36)]
        canvas.fill(canvas.polygon(fang), _STALK)
    ears(model, x, y - 0.2, 0.17, 0.6)
    canvas.fill(canvas.ellipse(x, y, 0.3, 0.25), palette.main)
    for side in (-1, 1):
        canvas.dot(x + side * 0.21, y - 0.13, 0.045, palette.line)
    face(model, x, y - 0.02, 0.12)
