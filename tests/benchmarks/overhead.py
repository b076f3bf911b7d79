"""What callbacks take from the loop: a run with the default ones, beside one with none."""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
from collections.abc import Iterator

import ganfw
from ganfw.layers import DEFAULT_CALLBACKS

from .measuring import Row


def rows(quick: bool) -> Iterator[Row]:
    """Paired runs of a small DCGAN on sprites; the share of the steps' time."""
    rounds = 2 if quick else 5
    shares = []
    for _ in range(rounds):
        bare = _seconds([*DEFAULT_CALLBACKS])
        full = _seconds([])
        shares.append((full - bare) / bare)
    shares.sort()
    yield Row(
        "callbacks' share of a run's steps",
        f"{shares[len(shares) // 2]:.1%}",
        "none",
        f"{shares[0]:.1%} to {shares[-1]:.1%}",
        "2%",
    )


def _seconds(without: list[str]) -> float:
    """Of a run's steps and callbacks; data and networks are ready before."""
    with tempfile.TemporaryDirectory() as out, contextlib.redirect_stderr(io.StringIO()):
        clock = _Clock()
        run = ganfw.run(
            gen="dcgan",
            disc="dcgan",
            data="sprites",
            callback="benchmark-clock",
            no_callback=without,
            settings={"data.individuals": 8, "train.batch_size": 32},
            epochs=2,
            out=out,
        )
        assert run.outcome is not None
        return clock.seconds()


class _Clock:
    def seconds(self) -> float:
        return Clock.ended - Clock.began


@ganfw.register("callback", "benchmark-clock", summary="When training began and ended")
class Clock(ganfw.Callback):
    """Notes when the first step begins and when the run is over."""

    began = ended = 0.0

    def train_start(self, event: ganfw.TrainStart) -> None:
        Clock.began = time.perf_counter()

    def train_end(self, event: ganfw.TrainEnd) -> None:
        Clock.ended = time.perf_counter()
