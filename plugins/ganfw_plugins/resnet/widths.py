"""Widths of the maps, as multiples of the option ``channels``, by the size of the pictures."""

from __future__ import annotations

from ganfw import Shapes, ShapesError

_SMALL = 32
_OF_GENERATOR = {
    1: (2, 1),
    2: (4, 2, 1),
    3: (8, 4, 2, 1),
    4: (16, 8, 4, 2, 1),
    5: (16, 16, 8, 4, 2, 1),
    6: (16, 16, 8, 8, 4, 2, 1),
    7: (16, 16, 8, 8, 4, 2, 1, 1),
}
"""Miyato et al. 2018, tables 4 and 5, by the number of doublings; beyond 128 pixels as in Brock et
al. 2019, tables 5 and 6."""


def generator_widths(shapes: Shapes, channels: int) -> tuple[int, ...]:
    """Widths of the first map and of that after each doubling. They are all alike up to 32 pixels
    (Miyato et al. 2018, table 3), and fall above. Raises ShapesError for what does not halve."""
    _, doublings = shapes.halvings()
    return tuple(channels * factor for factor in _factors(shapes, doublings, 4))


def discriminator_widths(shapes: Shapes, channels: int) -> tuple[tuple[int, ...], int]:
    """Widths of the maps that the blocks give, and how many blocks halve: the first. Up to 32
    pixels two of four do (table 3); above all but the last do, down to a side of 3 to 15 (tables 4
    and 5). Raises ShapesError for what does not halve."""
    base, halvings = shapes.halvings()
    if _is_small(shapes):
        return (channels * 2,) * 4, min(halvings, 2)
    goes_on = min(base) > 4 and not any(side % 2 for side in base)
    halvings += goes_on
    factors = _factors(shapes, halvings, 2)[::-1]
    return tuple(channels * factor for factor in factors), halvings


def _is_small(shapes: Shapes) -> bool:
    return max(shapes.sample[1:]) <= _SMALL


def _factors(shapes: Shapes, halvings: int, small: int) -> tuple[int, ...]:
    if _is_small(shapes):
        return (small,) * (halvings + 1)
    if halvings not in _OF_GENERATOR:
        _, height, width = shapes.sample
        raise ShapesError(f"{height}×{width} pictures are too large; try data.size=512")
    return _OF_GENERATOR[halvings]
