"""What both networks make of shapes: the sizes of maps."""

from __future__ import annotations

from ganfw import Shapes

from .options import NetworkOptions


def map_sizes(options: NetworkOptions, shapes: Shapes) -> list[tuple[int, int, int]]:
    """(C, H, W) of each map, from the smallest, of 4×4 for the paper's pictures, to the whole
    picture's size. Raises ShapesError for pictures that do not halve to 4 to 16 pixels."""
    (height, width), doublings = shapes.halvings()
    sides = [(height << i, width << i) for i in range(doublings + 1)]
    return [(_channels(options, max(h, w)), h, w) for h, w in sides]


def _channels(options: NetworkOptions, side: int) -> int:
    return max(min(options.channel_base // side, options.channel_max), 1)
