"""Widths of the maps of both networks, from the smallest map to the largest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ganfw import Shapes, ShapesError

from .options import Preset, R3GANOptions

_WIDEST, _GROUP = 768, 16
_FULL_UP_TO = 32
"""Maps of up to so many pixels are the widest; then widths halve as sides double."""


@dataclass(frozen=True)
class Plan:
    """``widths`` of the maps, from the smallest to the largest; ``base`` are the sides of the
    smallest, ``group`` the channels that a 3×3 convolution looks at together."""

    base: tuple[int, int]
    widths: tuple[int, ...]
    group: int


PRESETS: Mapping[Preset, tuple[Sequence[int], int]] = {
    "cifar10": ((768,) * 4, 16),
    "ffhq-64": ((768,) * 4 + (384,), 16),
    "ffhq-256": ((768,) * 4 + (384, 192, 96), 16),
    "imagenet-32": ((1536,) * 4, 32),
    "imagenet-64": ((1536,) * 5, 32),
}
"""Huang et al. 2024, appendix: the widths of maps of 4, 8, … pixels, and of a group."""


def plan(options: R3GANOptions, shapes: Shapes) -> Plan:
    """Sides and widths for pictures of these shapes. Raises ShapesError for what is no picture,
    does not halve evenly, or is not of the preset's size."""
    base, doublings = shapes.halvings()
    sides = [max(base) << i for i in range(doublings + 1)]
    widths: Sequence[int] = [_WIDEST * _FULL_UP_TO // max(side, _FULL_UP_TO) for side in sides]
    group = _GROUP
    if options.preset is not None:
        widths, group = PRESETS[options.preset]
        if len(widths) != doublings + 1:
            size = 4 << (len(widths) - 1)
            raise ShapesError(
                f"preset '{options.preset}' is for pictures of {size}×{size}, but the data's are "
                f"{shapes}; leave it out for widths that suit their size"
            )
    widest = options.channels or widths[0]
    return Plan(base, tuple(max(width * widest // widths[0], 1) for width in widths), group)
