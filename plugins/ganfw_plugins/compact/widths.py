"""Widths of the maps of both networks."""

from __future__ import annotations


def doubling(narrowest: int, count: int, widest: int) -> tuple[int, ...]:
    """``count`` widths, doubling from ``narrowest`` up to ``widest``."""
    return tuple(min(narrowest << i, max(narrowest, widest)) for i in range(count))
