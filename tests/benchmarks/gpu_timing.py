"""Timing on a GPU: ways to play a step, warmed up, in turns, each turn waited for."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from measuring import Row, in_turns, ratio

Play = Callable[[], object]

LAZY = 4
"""Losses may be active in every fourth step alone: steps are timed in groups of four."""


@dataclass(frozen=True)
class Way:
    """One way to play a step of ``batch`` examples. ``prepare`` sets torch's switches before each
    turn; ``memory`` is the most that it takes on the device, in MiB."""

    play: Play
    prepare: Play
    batch: int
    memory: float = 0.0

    def __str__(self) -> str:
        return f"{self.memory:.0f} MiB"


def wait(device: torch.device) -> None:
    """Until the device has done all it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def made(
    device: torch.device,
    build: Callable[[], tuple[Play, Play]],
    batch: int,
    captured: bool = False,
) -> Way:
    """What ``build`` builds, warmed up, with the memory that it and a step take. Of a graph that
    is what it took to capture it: a replay allocates nothing."""
    if device.type != "cuda":
        return Way(*build(), batch)
    gc.collect()
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    play, prepare = build()
    prepare()
    for turn in range(2 * LAZY):
        if turn == LAZY and not captured:
            torch.cuda.reset_peak_memory_stats(device)
        play()
    wait(device)
    peak = torch.cuda.max_memory_allocated(device) - before
    return Way(play, prepare, batch, peak / 2**20)


def seconds_a_step(
    ways: Mapping[str, Way], device: torch.device, rounds: int, seconds: float
) -> dict[str, list[float]]:
    """By way and round. A turn lasts about ``seconds``, and at least four steps."""
    counts = {name: _steps_in(way, device, seconds) for name, way in ways.items()}

    def turn(way: Way, count: int) -> Callable[[], None]:
        def action() -> None:
            way.prepare()
            for _ in range(count):
                way.play()
            wait(device)

        return action

    actions = {name: turn(way, counts[name]) for name, way in ways.items()}
    times = in_turns(actions, rounds, warm_up=1)
    return {name: [took / counts[name] for took in found] for name, found in times.items()}


def _steps_in(way: Way, device: torch.device, seconds: float) -> int:
    way.prepare()
    for _ in range(LAZY):
        way.play()
    wait(device)
    began = time.perf_counter()
    for _ in range(LAZY):
        way.play()
    wait(device)
    groups = seconds / max(time.perf_counter() - began, 1e-9)
    return LAZY * min(max(round(groups), 1), 100)


def beside(
    title: str,
    ways: Mapping[str, Way],
    times: Mapping[str, Sequence[float]],
    others: Sequence[str],
    reach: Callable[[str, str], str] = lambda name, other: "",
) -> Iterator[Row]:
    """A row for each way that is none of the ``others``, beside each of those."""
    for name in ways:
        for other in others:
            if name not in others:
                yield Row(
                    f"{title}, {name}, beside {other}",
                    _speed(ways[name], times[name]),
                    _speed(ways[other], times[other]),
                    ratio(list(times[other]), list(times[name])),
                    reach(name, other),
                )


def _speed(way: Way, times: Sequence[float]) -> str:
    seconds = statistics.median(times)
    return f"{way.batch / seconds:.0f} examples/s, {1 / seconds:.1f} steps/s, {way}"


def host_share(way: Way, device: torch.device, rounds: int) -> tuple[float, float]:
    """Milliseconds until a step is launched, and until it is done: medians."""
    way.prepare()
    host, whole = [], []
    for _ in range(rounds):
        wait(device)
        began = time.perf_counter()
        way.play()
        host.append(time.perf_counter() - began)
        wait(device)
        whole.append(time.perf_counter() - began)
    return statistics.median(host) * 1e3, statistics.median(whole) * 1e3
