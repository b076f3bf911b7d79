"""How many threads torch computes with: no more than there are free cores.

A kernel splits its work evenly, and waits for the slowest part. A thread that shares its core with
another program is half as fast, and all others wait for it: on two cores, one of them kept busy by
something else, two threads are slower than one.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch

from .distributed import Processes
from .logs import log

_TRIES, _SECONDS = 3, 0.05
_BLOCK = bytes(2**18)
_MISSING = 0.25
"""The share of a core that may be missing: something always runs for a moment."""

VARIABLE = "OMP_NUM_THREADS"
"""The environment variable by which a user says how many threads."""


def free_cores(cores: int) -> float:
    """About how many of ``cores`` other programs leave free, found by using them: the most of
    three tries of 50 milliseconds, since a moment's work is no load."""
    with ThreadPoolExecutor(cores) as pool:
        return max(sum(pool.map(_core_share, [_SECONDS] * cores)) for _ in range(_TRIES))


def _core_share(seconds: float) -> float:
    """How much of the time until ``seconds`` have passed this thread had a core."""
    began, used = time.perf_counter(), time.thread_time()
    while time.perf_counter() - began < seconds:
        hashlib.sha256(_BLOCK)  # which holds no lock that other threads want
    return (time.thread_time() - used) / (time.perf_counter() - began)


def busy_cores() -> int:
    """How many of the cores that torch computes on are kept busy by other programs, in part or
    altogether. Of a single core nothing is known: there is no choice."""
    cores = torch.get_num_threads()
    return 0 if cores == 1 else math.ceil(cores - free_cores(cores) - _MISSING)


@contextmanager
def on_free_cores(device: torch.device, processes: Processes) -> Iterator[None]:
    """In it, torch computes with as many threads as there are free cores now, on a CPU. The number
    stays, since sums round differently in other numbers of threads. What the user has set stays
    too, and each of several processes keeps its share."""
    threads = torch.get_num_threads()
    if device.type != "cpu" or processes.count > 1 or threads == 1 or VARIABLE in os.environ:
        yield
        return
    fewer = max(threads - busy_cores(), 1)
    if fewer < threads:
        log.info(
            f"other programs keep cores busy: torch computes with {fewer} of {threads} threads, "
            f"which is faster then; {VARIABLE}={threads} makes it {threads}"
        )
    with threads_set(fewer):
        yield


@contextmanager
def as_before(threads: int | None, device: torch.device) -> Iterator[None]:
    """In it, a resumed run computes with the ``threads`` that it had before, if they are known and
    not more than there are here: the weights come out the same."""
    here = torch.get_num_threads()
    if threads is None or threads >= here or device.type != "cpu" or VARIABLE in os.environ:
        yield
        return
    log.info(f"torch computes with {threads} of {here} threads, as before")
    with threads_set(threads):
        yield


@contextmanager
def threads_set(count: int) -> Iterator[None]:
    """In it, torch computes with ``count`` threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
