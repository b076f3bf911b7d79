"""How many threads torch computes with, and how many cores are free for them.

A kernel splits its work evenly, and waits for the slowest part. A thread that shares its core with
another program is half as fast, and all others wait for it: on two cores, one of them kept busy by
something else, two threads are slower than one.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from concurrent.futures import ThreadPoolExecutor

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
    three tries of 50 milliseconds, since a moment's work is no load; of fewer once all are free."""
    most = 0.0
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(_TRIES):
            most = max(most, sum(pool.map(_core_share, [_SECONDS] * cores)))
            if most >= cores - _MISSING:
                break
    return most


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


def say_busy_cores(device: torch.device, processes: Processes) -> None:
    """Log which number of threads may be faster beside other programs. None is taken without being
    asked for: another one rounds sums differently, and gives other weights for the same seed."""
    threads = torch.get_num_threads()
    if device.type != "cpu" or processes.count > 1 or VARIABLE in os.environ:
        return
    if busy := busy_cores():
        log.info(
            f"other programs keep {busy} of {threads} cores busy: torch may be faster with "
            f"{VARIABLE}={max(threads - busy, 1)}"
        )
