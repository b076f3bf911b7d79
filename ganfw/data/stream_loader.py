"""Batches of data too large to be kept decoded: each item is read again whenever its turn comes.

Threads read ahead, and not a DataLoader's processes: pictures are decoded outside the interpreter's
lock anyway, an open archive survives no fork, and an error arrives as itself.
"""

from __future__ import annotations

import collections
import itertools
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, SkipItem
from ..interfaces.dataset import Batch, Dataset, Item
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.logs import log
from .items import checked_item
from .loader import Loader, batch_count, batch_indices, evenly_spaced_indices, to_samples

_AHEAD = 3
"""Batches being read while one is in use."""


class StreamedSamples:
    """A dataset that is read item by item."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._skipped: set[str] = set()

    def __len__(self) -> int:
        return len(self._dataset)

    def batches(
        self,
        batch_size: int,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
    ) -> Loader:
        """See `Samples.batches`."""
        return StreamLoader(self._dataset, batch_size, seed, device, self._skipped, processes)


class StreamLoader:
    """Shuffled batches. An item that can't be used is named once, and missing from its batch."""

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int,
        seed: int,
        device: torch.device,
        skipped: set[str],
        processes: Processes = SINGLE_PROCESS,
    ) -> None:
        self._dataset = dataset
        self._processes = processes
        self._batch_size = batch_size
        self._seed = seed
        self._device = device
        self._skipped = skipped

    def __len__(self) -> int:
        return batch_count(len(self._dataset), self._batch_size, self._processes)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """See `Loader.epoch`."""
        examples, size = len(self._dataset), self._batch_size
        mine = batch_indices(examples, size, self._seed, number, self._processes)
        waiting = iter(mine[start:])
        pool = ThreadPoolExecutor(os.cpu_count())
        try:
            reading = collections.deque(
                self._read(pool, indices) for indices in itertools.islice(waiting, _AHEAD)
            )
            while reading:
                batch = self._batch(reading.popleft())
                reading.extend(self._read(pool, each) for each in itertools.islice(waiting, 1))
                yield batch
        finally:
            pool.shutdown(cancel_futures=True)

    def spread(self, n: int) -> Batch:
        """See `Loader.spread`. For an item that can't be used, the next one is taken."""
        places = evenly_spaced_indices(len(self._dataset), n).tolist()
        items = [self._usable_from(place) for place in places]
        return self._stack([each for each in items if each is not None])

    def _usable_from(self, place: int) -> Item | None:
        found = map(self._item, range(place, len(self._dataset)))
        return next((each for each in found if each is not None), None)

    def _read(self, pool: ThreadPoolExecutor, indices: Tensor) -> list[Future[Item | None]]:
        return [pool.submit(self._item, index) for index in indices.tolist()]

    def _batch(self, futures: list[Future[Item | None]]) -> Batch:
        return self._stack([item for future in futures if (item := future.result()) is not None])

    def _item(self, index: int) -> Item | None:
        try:
            return checked_item(self._dataset, index)
        except SkipItem as reason:
            self._log_once(f"skipped {reason}")
            return None

    def _stack(self, items: list[Item]) -> Batch:
        if not items:
            raise DataError(f"no item of a batch of {self._batch_size} can be used")
        stored = torch.from_numpy(np.stack([sample for sample, _ in items]))
        labels = None
        if self._dataset.classes:
            labels = torch.tensor([label for _, label in items], device=self._device)
        return Batch(to_samples(stored, self._dataset.value_range, self._device), labels)

    def _log_once(self, line: str) -> None:
        if line not in self._skipped:
            self._skipped.add(line)
            log.info(line)
