"""Creatures that fly."""

from __future__ import annotations

from ..face import eye, face
from ..model import Model, lerp
from ..parts import crest, ears, feathered_wing, pattern, spikes, tail, webbed_wing


def bird(model: Model) -> None:
    """A round body, a beak, and wings that flap."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    girth = lerp(0.32, 0.44, species.girth)
    for side in (-1, 1):
        foot = (side * 0.12 - 0.04 + 0.05 * pose.step * side, 0.84)
        canvas.stroke([(side * 0.1, 0.6), foot], 0.07, palette.accent)
        canvas.stroke([(foot[0] - 0.12, 0.87), (foot[0] + 0.05, 0.85)], 0.07, palette.accent)
    for i in (0, 1, 2):
        end = (0.62, 0.3 + 0.16 * i - 0.08 * pose.wag)
        canvas.fill(canvas.limb([(0.25, 0.4), end], (0.1, 0.07)), palette.second)
    feathered_wing(model, 0.2, 0.15, 1, 0.55, 0.75 + 0.45 * pose.flap)
    body = canvas.ellipse(0.0, 0.32, girth, 0.36, 0.15)
    canvas.fill(body, palette.main)
    pattern(model, body, -0.05, 0.35, girth, 0.36)
    x, y, radius = -0.12, -0.15 + 0.03 * pose.nod, lerp(0.25, 0.34, species.head)
    if species.crest == "none" or species.crest == "spikes":
        for i in (-1, 0, 1):
            tip = (x + 0.12 + 0.12 * i, y - radius - 0.2 + 0.05 * abs(i))
            canvas.fill(canvas.limb([(x + 0.05, y - radius * 0.7), tip], (0.06, 0.03)),
                        palette.accent)  # fmt: skip
    else:
        crest(model, x, y - radius * 0.9)
    canvas.fill(canvas.ellipse(x, y, radius, radius * 0.95), palette.main)
    feathered_wing(model, -0.02, 0.22, -1 if pose.flap > 0.2 else 1, 0.42, 0.3 * pose.flap - 0.3)
    eye(model, x - 0.14, y - 0.02, 0.1, 1, 0.85)
    eye(model, x + 0.12, y - 0.02, 0.11, -1)
    size = lerp(0.12, 0.22, species.snout)
    gape = 0.05 if species.mouth == "open" else 0.0
    lower = [(x - 0.1, y + 0.1), (x - 0.14 - size * 0.8, y + 0.17 + gape), (x + 0.02, y + 0.2)]
    upper = [(x - 0.12, y + 0.05), (x - 0.16 - size, y + 0.14), (x + 0.04, y + 0.15)]
    canvas.fill(canvas.polygon(lower, 0.015), palette.accent)
    canvas.fill(canvas.polygon(upper, 0.02), palette.accent)


def bat(model: Model) -> None:
    """A round body between two webbed wings."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    radius, lift = lerp(0.3, 0.42, species.girth), 0.3 + 0.5 * pose.flap
    y = 0.05 - 0.06 * pose.flap
    for side in (-1, 1):
        webbed_wing(model, side * radius * 0.8, y, side, 0.58, lift - 0.06 * side)
        canvas.stroke([(side * 0.1, y + radius), (side * 0.12, y + radius + 0.14)], 0.06)
    ears(model, 0.0, y - radius * 0.8, radius * 0.6, 1.1)
    if species.crest != "gem":
        crest(model, 0.0, y - radius * 0.95)
    body = canvas.ellipse(0.0, y, radius, radius)
    canvas.fill(body, palette.main)
    pattern(model, body, 0.0, y, radius, radius)
    face(model, 0.04 * pose.nod, y - 0.04, radius * 0.45)


def moth(model: Model) -> None:
    """Four wide wings with eyespots."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    fold = 0.85 - 0.2 * pose.flap
    for side in (-1, 1):
        slant = fold * (1.0 + 0.08 * side)
        lower = canvas.ellipse(side * 0.36 * slant, 0.42, 0.3 * slant, 0.26, side * 0.5)
        canvas.fill(lower, palette.second)
        upper = canvas.ellipse(side * 0.46 * slant, -0.02, 0.42 * slant,
                               lerp(0.28, 0.36, species.girth), side * -0.5)  # fmt: skip
        canvas.fill(upper, palette.main)
        spot = canvas.ellipse(side * 0.54 * slant, -0.06, 0.15 * slant, 0.15)
        canvas.fill(spot, palette.accent, within=upper, lined=False)
        pupil = canvas.ellipse(side * 0.54 * slant, -0.06, 0.07 * slant, 0.08)
        canvas.fill(pupil, palette.line, within=upper, lined=False)
        if species.pattern in ("stripes", "spots"):
            mark = canvas.ellipse(side * 0.38 * slant, 0.46, 0.1, 0.1)
            canvas.fill(mark, palette.pale, within=lower, lined=False)
    body = canvas.limb([(0.0, 0.0), (0.02 * pose.wag, 0.3), (0.05 * pose.wag, 0.66)],
                       (0.15, 0.14, 0.06))  # fmt: skip
    canvas.fill(body, palette.pale)
    for i in (0, 1, 2):
        canvas.stroke([(-0.1 + 0.02 * i, 0.3 + 0.11 * i), (0.1 - 0.02 * i, 0.3 + 0.11 * i)], 0.035)
    x, y = 0.03 * pose.nod, -0.2
    for side in (-1, 1):
        tip = (x + side * (0.24 + 0.04 * pose.wag), y - 0.42)
        canvas.stroke([(x + side * 0.08, y - 0.15), (x + side * 0.2, y - 0.32), tip], 0.05)
        canvas.fill(canvas.ellipse(*tip, 0.055, 0.055), palette.accent)
    canvas.fill(canvas.ellipse(x, y, 0.25, 0.23), palette.pale)
    face(model, x, y - 0.02, 0.12)


def dragon(model: Model) -> None:
    """Wings, a long neck and a tail."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    girth = lerp(0.24, 0.34, species.girth)
    webbed_wing(model, 0.12, 0.1, 1, 0.62, 0.75 + 0.35 * pose.flap)
    tail(model, 0.2, 0.6, size=1.15)
    for side in (-1, 1):
        x = side * 0.17 + 0.06 * pose.step
        canvas.fill(canvas.limb([(side * 0.15, 0.5), (x, 0.8)], (0.15, 0.1)), palette.main)
        canvas.fill(canvas.ellipse(x - 0.05, 0.82, 0.14, 0.07), palette.second)
    body = canvas.ellipse(0.0, 0.4, girth, 0.34)
    canvas.fill(body, palette.main)
    x, y = -0.25 + 0.04 * pose.nod, -0.3
    neck = canvas.limb([(0.02, 0.35), (0.06, 0.0), (x, y)], (0.2, 0.14, 0.13))
    canvas.fill(neck, palette.main)
    belly = canvas.limb([(-0.06, 0.6), (-0.06, 0.2), (-0.06, 0.0)], (0.16, 0.13, 0.06))
    canvas.fill(belly, palette.pale, within=body, lined=False)
    spikes(model, [(0.19, 0.12, 1.3), (0.2, -0.04, 1.2), (0.12, -0.2, 0.8)], 0.11)
    for side in (-1, 1):
        hand = (side * (girth + 0.05) - 0.06, 0.34 - 0.12 * pose.reach * side)
        canvas.fill(canvas.limb([(side * girth * 0.7, 0.24), hand], (0.07, 0.055)), palette.main)
    ears(model, x + 0.08, y - 0.16, 0.13, 0.8)
    canvas.fill(canvas.ellipse(x, y, 0.26, 0.22), palette.main)
    canvas.fill(canvas.ellipse(x - 0.2, y + 0.08, lerp(0.14, 0.22, species.snout), 0.13),
                palette.main)  # fmt: skip
    canvas.dot(x - 0.28, y + 0.04, 0.028, palette.line)
    canvas.stroke([(x - 0.34, y + 0.13), (x - 0.18, y + 0.16), (x - 0.02, y + 0.12)], 0.035)
    eye(model, x + 0.0, y - 0.06, 0.1, -1)
    eye(model, x - 0.19, y - 0.07, 0.08, 1, 0.7)
