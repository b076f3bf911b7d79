"""Sides and widths of the maps of both networks."""

from __future__ import annotations

from ganfw import Shapes

from .options import Widths


def map_sizes(options: Widths, shapes: Shapes) -> list[tuple[int, int, int]]:
    """(C, H, W) of each map, from the smallest, of 4×4 for the paper's pictures, to the whole
    picture's size. Raises ShapesError for pictures that do not halve to 4 to 16 pixels."""
    (height, width), doublings = shapes.halvings()
    sides = [(height << i, width << i) for i in range(doublings + 1)]
    return [(_channels(options, max(h, w)), h, w) for h, w in sides]


def _channels(options: Widths, side: int) -> int:
    return max(min(options.channel_base // side, options.channel_max), 1)
