"""Long rows made short."""

from __future__ import annotations


def thinned(length: int, most: int) -> list[int]:
    """At most ``most`` of the indices below ``length``, evenly spread, both ends among them."""
    if length <= most:
        return list(range(length))
    return sorted({round(i * (length - 1) / (most - 1)) for i in range(most)})
