"""Reporter: how a run speaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Reporter:
    """How a run speaks: a line, a line not to be missed, and how many items are decoded."""

    say: Callable[[str], None]
    warn: Callable[[str], None]
    decoding: Callable[[int, int], None]
