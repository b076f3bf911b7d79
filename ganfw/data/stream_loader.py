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
    skipped: dict[int, SkipItem] = field(default_factory=dict)
    """Why items can't be used, by index; each was logged."""

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
    """Shuffled batches. The next item that can be used takes the place of one that can't, so that
    every batch is as large as any other; each is logged once, and kept in ``skipped``."""

    def __init__(
        self,
        dataset: Dataset,
        skipped: dict[int, SkipItem],
        batch_size: int,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
    ) -> None:
        super().__init__(len(dataset), batch_size, seed, device, processes)
        self._dataset = dataset
        self._skipped = skipped

    def _order(self, generator: torch.Generator) -> Tensor:
        return self._dataset.order(generator)

    def _read(self, batches: list[Tensor]) -> Iterator[Batch]:
        waiting = iter(batches)
        pool = ThreadPoolExecutor(os.cpu_count())

        def submit(indices: Tensor) -> list[Future[Item]]:
            return [pool.submit(self._usable, index) for index in indices.tolist()]

        try:
            reading = collections.deque(map(submit, itertools.islice(waiting, _AHEAD)))
            while reading:
                items = [future.result() for future in reading.popleft()]
                reading.extend(map(submit, itertools.islice(waiting, 1)))
                yield self._batch(items)
        finally:
            pool.shutdown(cancel_futures=True)

    def _usable(self, start: int) -> Item:
        """The first item from ``start`` on, and round again, that can be used."""
        for index in itertools.chain(range(start, self._examples), range(start)):
            # One that could not be used is not read again; it may be far to the next that can.
            if index in self._skipped:
                continue
            try:
                return checked_item(self._dataset, index)
            except SkipItem as reason:
                if self._skipped.setdefault(index, reason) is reason:
                    log.info(f"skipped {reason}")
        first = self._skipped[min(self._skipped)]
        raise DataError(f"none of the {self._examples} items of the data can be used: {first}")

    def _batch(self, items: list[Item]) -> Batch:
        samples = self._on_device(np.stack([sample for sample, _ in items]))
        labels = None
        if self._dataset.classes or self._dataset.label_shape:
            rows = [label_array(self._dataset, label) for _, label in items]
            labels = self._on_device(np.stack(rows))
        return Batch(samples, labels)

    def _on_device(self, stored: NDArray[Any]) -> Tensor:
        on_device = torch.from_numpy(stored).to(self._device)
        return from_bytes(on_device, self._dataset.value_range)
