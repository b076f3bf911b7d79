"""Creatures that swim, drift or slither."""

from __future__ import annotations

import math

from ..face import eye, face, mouth
from ..model import Model, lerp
from ..parts import crest, ears, pattern, spikes


def fish(model: Model) -> None:
    """A body with fins, seen from the side."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    height, wave = lerp(0.3, 0.48, species.girth), 0.16 * pose.wag
    for side in (-1, 1):
        end = (0.78, 0.1 + side * 0.26 + wave)
        fin = [(0.38, 0.1), (0.6, 0.1 + side * 0.05 + wave), end, (0.72, 0.1 + side * 0.02 + wave)]
        canvas.fill(canvas.polygon(fin, 0.03), palette.second)
    top = [(-0.2, 0.15 - height), (0.15, -height - 0.1), (0.3, 0.25 - height)]
    if species.crest == "spikes":
        spikes(
            model, [(-0.2 + 0.18 * i, 0.14 - height + 0.03 * i, 0.2 * i) for i in range(3)], 0.18
        )
    else:
        canvas.fill(canvas.polygon(top, 0.03), palette.second)
    under = [(-0.05, 0.05 + height), (0.2, 0.28 + height), (0.25, height - 0.05)]
    canvas.fill(canvas.polygon(under, 0.02), palette.second)
    body = canvas.ellipse(-0.08, 0.1, 0.54, height)
    canvas.fill(body, palette.main)
    pattern(model, body, 0.05, 0.1, 0.5, height)
    reach = 0.25 + 0.1 * pose.flap
    side_fin = canvas.limb([(0.0, 0.18), (reach, 0.24 + 0.2 * pose.flap)], (0.05, 0.1))
    canvas.fill(side_fin, palette.second)
    eye(model, -0.32, 0.0, lerp(0.11, 0.16, species.eye_size), 1)
    mouth(model, -0.47, 0.2, 0.1)
    if species.blush:
        canvas.dot(-0.24, 0.2, 0.055, (1.0, 0.55, 0.55))


def serpent(model: Model) -> None:
    """A coiled body and a head above it."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    thick = lerp(0.12, 0.18, species.girth)
    sway = 0.12 * pose.wag
    canvas.fill(canvas.limb([(0.3, 0.62), (0.6, 0.5), (0.72, 0.3 + sway)], (thick, 0.08, 0.02)),
                palette.main)  # fmt: skip
    lower = canvas.limb([(-0.4, 0.7), (0.0, 0.78), (0.4, 0.68)], [thick * 1.15] * 3)
    canvas.fill(lower, palette.main)
    middle = canvas.limb([(-0.25, 0.5), (0.05, 0.55), (0.32, 0.46)], [thick * 1.05] * 3)
    canvas.fill(middle, palette.main)
    for shape, y in ((lower, 0.74), (middle, 0.52)):
        if species.pattern != "plain":
            for i in (-1, 0, 1):
                band = canvas.ellipse(i * 0.25 + 0.05, y - 0.05, 0.055, 0.2, 0.2)
                canvas.fill(band, palette.second, within=shape, lined=False)
    x, y = -0.12 + 0.1 * pose.nod, -0.25
    neck = canvas.limb([(0.2, 0.42), (0.24 + sway, 0.15), (0.08, -0.05), (x, y)],
                       [thick, thick, thick * 0.95, thick])  # fmt: skip
    canvas.fill(neck, palette.main)
    belly = canvas.limb([(0.12, 0.4), (0.16 + sway, 0.15), (0.0, -0.02)], [thick * 0.5] * 3)
    canvas.fill(belly, palette.pale, within=neck, lined=False)
    if species.ears == "floppy":
        hood = canvas.ellipse(x + 0.04, y + 0.1, 0.4, 0.34)
        canvas.fill(hood, palette.second)
    else:
        ears(model, x, y - 0.2, 0.18, 0.8)
    canvas.stroke([(x - 0.22, y + 0.2), (x - 0.4, y + 0.3), (x - 0.46, y + 0.24)], 0.035,
                  (0.9, 0.3, 0.35))  # fmt: skip
    canvas.fill(canvas.ellipse(x, y, 0.32, 0.25), palette.main)
    crest(model, x, y - 0.24)
    face(model, x - 0.07, y - 0.03, 0.16, -0.5)


def jelly(model: Model) -> None:
    """A dome with floating arms."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    wide = lerp(0.42, 0.56, species.girth)
    for i in range(5):
        x = (i - 2) * wide * 0.4
        phase = pose.wag * 2 + i * 1.3
        bend = 0.1 * math.sin(phase)
        end = 0.72 + 0.08 * math.cos(phase)
        arm = [(x, 0.1), (x + bend, 0.4), (x - bend * 0.6, end)]
        colour = palette.second if i % 2 else palette.main
        canvas.fill(canvas.limb(arm, (0.1, 0.08, 0.05)), colour)
    if species.crest != "gem":
        crest(model, 0.0, -0.55)
    ears(model, 0.0, -0.48, wide * 0.5)
    dome = canvas.ellipse(0.0, -0.1, wide, 0.46 + 0.04 * pose.flap)
    canvas.fill(dome, palette.main)
    pattern(model, dome, 0.0, -0.1, wide, 0.42)
    for side in (-1, 1):
        canvas.dot(side * wide * 0.55 - 0.08, -0.36, 0.055, palette.pale)
    face(model, 0.03 * pose.nod, 0.0, 0.19)


def ghost(model: Model) -> None:
    """A soft drop with a swaying hem."""
    canvas, palette, species, pose = model.canvas, model.palette, model.species, model.pose
    wide, sway = lerp(0.36, 0.5, species.girth), 0.08 * pose.wag
    tips = [
        (-wide, 0.55 + 0.08 * pose.step), (-wide * 0.5, 0.72 - 0.06 * pose.step),
        (0.0, 0.62 + 0.06 * pose.step), (wide * 0.5, 0.74 - 0.06 * pose.step),
        (wide, 0.57 + 0.08 * pose.step),
    ]  # fmt: skip
    for side in (-1, 1):
        hand = (side * (wide + 0.2), 0.15 - 0.2 * pose.reach * side)
        canvas.fill(canvas.limb([(side * wide * 0.8, 0.15), hand], (0.11, 0.08)), palette.main)
    for x, y in tips:
        canvas.fill(canvas.limb([(x * 0.8, 0.3), (x * 0.95 + sway, y)], (0.15, 0.08)), palette.main)
    ears(model, 0.0, -0.42, wide * 0.6, 1.1)
    if species.crest != "gem":
        crest(model, 0.0, -0.52, 1.2)
    body = canvas.limb([(0.0, -0.1), (sway * 0.5, 0.32)], (0.44, wide))
    canvas.fill(body, palette.main)
    pattern(model, body, 0.0, 0.12, wide, 0.5)
    face(model, 0.05 * pose.nod, -0.08, 0.2)
