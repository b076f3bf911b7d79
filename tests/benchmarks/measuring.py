"""Timing in turns: ours, theirs, ours, theirs; ratios pair by pair, and their spread."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """A line of the table. ``ratio`` is how many times better ours is; quartiles beside it."""

    what: str
    ours: str
    reference: str
    ratio: str
    reach: str


def in_turns(
    actions: Mapping[str, Callable[[], object]], rounds: int, warm_up: int = 2
) -> dict[str, list[float]]:
    """Seconds of each action by round, the actions taking turns."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(rounds + warm_up):
        for name, action in actions.items():
            began = time.perf_counter()
            action()
            if turn >= warm_up:
                times[name].append(time.perf_counter() - began)
    return times


def ratio(theirs: list[float], ours: list[float]) -> str:
    """``1.42 × (1.38–1.45)``: the median of pairs, and the quartiles."""
    ratios = sorted(t / o for t, o in zip(theirs, ours, strict=True))
    low, high = ratios[len(ratios) // 4], ratios[len(ratios) * 3 // 4]
    return f"{statistics.median(ratios):.2f} × ({low:.2f}–{high:.2f})"


def median_ratio(theirs: list[float], ours: list[float]) -> float:
    """The median of the ratios, pair by pair."""
    return statistics.median(t / o for t, o in zip(theirs, ours, strict=True))


def median_rate(run: Path, after: int) -> float:
    """Examples per second by a run's log, but for the steps up to ``after``."""
    rows = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return statistics.median(row["examples_per_second"] for row in rows if row["step"] > after)
