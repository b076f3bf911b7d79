"""What both networks make of shapes: the sizes of maps, and the length of a label."""

from __future__ import annotations

from ganfw import Shapes, ShapesError

from .options import NetworkOptions


def map_sizes(options: NetworkOptions, shapes: Shapes) -> list[tuple[int, int, int]]:
    """(C, H, W) of each map, from the smallest, of 4×4 for the paper's pictures, to the whole
    picture's size. Raises ShapesError for pictures that do not halve to 4 to 16 pixels."""
    (height, width), doublings = shapes.halvings()
    sides = [(height << i, width << i) for i in range(doublings + 1)]
    return [(_channels(options, max(h, w)), h, w) for h, w in sides]


def label_length(options: NetworkOptions, shapes: Shapes) -> int:
    """The length of a label as a vector; 0 if there are none, or they are not used. Raises
    ShapesError for pictures and texts."""
    if not (options.conditional and shapes.has_labels):
        return 0
    if len(shapes.label) > 1 or shapes.label_values:
        raise ShapesError(
            f"labels of shape {shapes.label} are neither classes nor vectors of numbers: set "
            "gen.conditional=false and disc.conditional=false"
        )
    return shapes.classes or shapes.label[0]


def _channels(options: NetworkOptions, side: int) -> int:
    return max(min(options.channel_base // side, options.channel_max), 1)
