"""The same work on many things, by threads, with the results in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

CHUNK, TASK = 512, 32
"""Things ahead of those that are done, and at most as many that are handed over together: handing
over one small picture costs as much as decoding it."""

_SHARES = 4

Result = TypeVar("Result")


def by_threads(work: Callable[[int], Result], total: int) -> Iterator[list[Result]]:
    """``work(0)`` to ``work(total - 1)``, some at a time. What it raises is raised."""

    def do(indices: range) -> list[Result]:
        return [work(index) for index in indices]

    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        for start in range(0, total, CHUNK):
            yield from pool.map(do, tasks(start, min(start + CHUNK, total), cores))


def tasks(start: int, end: int, cores: int) -> list[range]:
    """The indices of a chunk as they are handed over. Of a few large things each thread gets some
    at a time, so that none is left with more than the others."""
    length = min(TASK, max((end - start) // (_SHARES * cores), 1))
    return [range(at, min(at + length, end)) for at in range(start, end, length)]
