"""Batches of data too large to keep decoded: each item is read again in every epoch.

Threads read ahead, not the processes of a DataLoader: Pillow decodes without holding the
interpreter's lock, an open archive can't be shared with a forked process, and exceptions arrive
unchanged.
"""

from __future__ import annotations

import collections
import itertools
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import DataError, SkipItem
from ..images import from_bytes
from ..interfaces.dataset import Batch, Dataset, Item
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.logs import log
from .items import checked_item, label_array
from .loader import Loader

_AHEAD = 3
"""Batches that are read while one is in use."""


@dataclass(frozen=True)
class StreamedSamples:
    """A dataset that is read item by item."""

    dataset: Dataset
    skipped: set[str] = field(default_factory=set)
    """What was logged of items that can't be used."""

    def __len__(self) -> int:
        return len(self.dataset)

    def loader(
        self,
        batch_size: int,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
    ) -> Loader:
        """See `Samples.loader`."""
        return StreamLoader(self.dataset, self.skipped, batch_size, seed, device, processes)


class StreamLoader(Loader):
    """Shuffled batches. An item that can't be used is left out of its batch, and logged unless its
    line is among those ``skipped`` before."""

    def __init__(
        self,
        dataset: Dataset,
        skipped: set[str],
        batch_size: int,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
    ) -> None:
        super().__init__(len(dataset), batch_size, seed, device, processes)
        self._dataset = dataset
        self._skipped = skipped

    def evenly_spaced(self, n: int) -> Batch:
        """See `Loader.evenly_spaced`. An item that can't be used is replaced by the next one."""
        count = min(n, self._examples)
        return self._batch([self._usable(i * self._examples // count) for i in range(count)])

    def _read(self, batches: list[Tensor]) -> Iterator[Batch]:
        waiting = iter(batches)
        pool = ThreadPoolExecutor(os.cpu_count())

        def submit(indices: Tensor) -> list[Future[Item | None]]:
            return [pool.submit(self._item, index) for index in indices.tolist()]

        try:
            reading = collections.deque(map(submit, itertools.islice(waiting, _AHEAD)))
            while reading:
                items = [future.result() for future in reading.popleft()]
                reading.extend(map(submit, itertools.islice(waiting, 1)))
                yield self._batch(items)
        finally:
            pool.shutdown(cancel_futures=True)

    def _item(self, index: int) -> Item | None:
        try:
            return checked_item(self._dataset, index)
        except SkipItem as reason:
            if (line := f"skipped {reason}") not in self._skipped:
                self._skipped.add(line)
                log.info(line)
            return None

    def _usable(self, start: int) -> Item | None:
        """The first item from ``start`` on that can be used."""
        items = map(self._item, range(start, self._examples))
        return next((item for item in items if item is not None), None)

    def _batch(self, read: list[Item | None]) -> Batch:
        items = [item for item in read if item is not None]
        if not items:
            raise DataError(f"no item of a batch of {self._batch_size} can be used")
        samples = self._on_device(np.stack([sample for sample, _ in items]))
        labels = None
        if self._dataset.classes or self._dataset.label_shape:
            rows = [label_array(self._dataset, label) for _, label in items]
            labels = self._on_device(np.stack(rows))
        return Batch(samples, labels)

    def _on_device(self, stored: NDArray[Any]) -> Tensor:
        on_device = torch.from_numpy(stored).to(self._device)
        return from_bytes(on_device, self._dataset.value_range)
