"""Every item of a dataset in order, read by all cores."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from ..errors import SkipItem
from ..interfaces.dataset import Dataset, Item
from .items import checked_item

_CHUNK, _TASK = 512, 32
"""Items read ahead, and at most as many that are handed over together: handing over one small
picture costs as much as decoding it."""

_SHARES = 4
"""How many times each thread is given some of a few items, which may be large."""

_MANY = 2048
"""Items from which on it pays to start processes."""

_MOST_PROCESSES = 8

Read = Item | SkipItem


def read_in_order(dataset: Dataset) -> Iterator[list[Read]]:
    """Some items at a time; SkipItem for one to leave out. What else reading raises is raised.

    Threads wait for each other at the interpreter's lock, between the pieces of each small picture.
    Processes do not, but only Linux starts them with all that this one has in memory.
    """
    cores = os.cpu_count() or 1
    if dataset.forkable and sys.platform == "linux" and len(dataset) >= _MANY and cores > 1:
        yield from _by_processes(dataset, min(cores, _MOST_PROCESSES))
    else:
        yield from _by_threads(dataset, cores)


def _by_threads(dataset: Dataset, count: int) -> Iterator[list[Read]]:
    def read(indices: range) -> list[Read]:
        return [_read(dataset, index) for index in indices]

    total = len(dataset)
    with ThreadPoolExecutor(count) as pool:
        for start in range(0, total, _CHUNK):
            yield from pool.map(read, tasks(range(start, min(start + _CHUNK, total)), count))


def tasks(chunk: range, threads: int) -> list[range]:
    """The indices of ``chunk`` as they are handed over, so that no thread is left with many more
    than the others."""
    length = min(_TASK, max(len(chunk) // (_SHARES * threads), 1))
    return [chunk[at : at + length] for at in range(0, len(chunk), length)]


class _Items:
    """What torch's loader reads. It would make a page of text of an error: errors are returned."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Read | Exception:
        try:
            return _read(self._dataset, index)
        except Exception as error:
            return error


def _by_processes(dataset: Dataset, count: int) -> Iterator[list[Read]]:
    from torch.utils.data import DataLoader

    with warnings.catch_warnings():
        # Python warns of threads that a forked process lacks. It reads items, which needs none.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        loader = iter(
            DataLoader(
                _Items(dataset),  # type: ignore[arg-type] # it needs no more than these methods
                batch_size=_TASK,
                num_workers=count,
                collate_fn=_as_it_is,
                multiprocessing_context="fork",
            )
        )
    for items in loader:
        for item in items:
            if isinstance(item, Exception) and not isinstance(item, SkipItem):
                raise item
        yield items


def _as_it_is(items: list[Read]) -> list[Read]:
    return items


def _read(dataset: Dataset, index: int) -> Read:
    try:
        return checked_item(dataset, index)
    except SkipItem as reason:
        return reason
