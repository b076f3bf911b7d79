"""Batches of real samples by epoch, wherever the samples are stored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from ..interfaces.dataset import Batch
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.random_state import derive_seed
from .jitter import DRAWS, Jitter

_ORDER, _JITTER = 3, 5


class Loader(ABC):
    """Shuffled batches of ``examples`` real samples on ``device``; of each batch, the share of this
    process. They depend on the seed alone. With ``jitter`` those of an epoch are changed by it."""

    jitter: Jitter | None = None

    def __init__(
        self,
        examples: int,
        batch_size: int,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
    ) -> None:
        self._examples = examples
        self._batch_size = batch_size
        self._seed = seed
        self._device = device
        self._processes = processes

    def __len__(self) -> int:
        """Batches in an epoch: all whole ones, and a last one if it can be shared.

        In training, batch norm fails on a single sample: a last batch needs two samples per
        process, unless the whole batches give each process only one.
        """
        whole, rest = divmod(self._examples, self._batch_size)
        least = min(2, self._batch_size // self._processes.count)
        return whole + (rest >= least * self._processes.count)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """The batches of epoch ``number`` from batch ``start`` on.

        Where a batch can't be shared evenly, the first processes get a sample more than the others.
        The last one always is: samples that are too many for that are left out of this epoch.
        """
        generator = torch.Generator().manual_seed(derive_seed(self._seed, _ORDER, number))
        batches = [*torch.split(self._order(generator), self._batch_size)]
        batches[-1] = batches[-1][: self._even(len(batches[-1]))]
        batches = batches[start : len(self)]
        shares = self._read([self._processes.shard(batch) for batch in batches])
        if self.jitter is not None:
            shares = self._jittered(self.jitter, shares, batches, number, start)
        if self._batch_size % self._processes.count == 0:
            return shares
        return (
            replace(share, whole=len(batch)) for share, batch in zip(shares, batches, strict=True)
        )

    def _jittered(
        self, jitter: Jitter, shares: Iterator[Batch], batches: list[Tensor], epoch: int, start: int
    ) -> Iterator[Batch]:
        """The numbers are drawn for the whole of each batch, whose place seeds them: they are the
        same for any number of processes, and after a resume."""
        for i, (share, batch) in enumerate(zip(shares, batches, strict=True), start):
            seed = derive_seed(self._seed, _JITTER, epoch, i)
            random = torch.Generator().manual_seed(seed)
            numbers = torch.rand(len(batch), DRAWS, generator=random)
            yield jitter(share, self._processes.shard(numbers).to(self._device))

    def _even(self, length: int) -> int:
        """How many of a batch's samples are used: a last, shorter one is shared evenly."""
        return length if length == self._batch_size else length - length % self._processes.count

    def evenly_spaced(self, n: int) -> Batch:
        """``n`` samples evenly spaced over the data, or all if there are fewer. The first ``n``
        alone could all be of one class."""
        count = min(n, self._examples)
        return next(self._read([torch.arange(count) * self._examples // count]))

    def _order(self, generator: torch.Generator) -> Tensor:
        """The indices of all samples (N,), shuffled."""
        return torch.randperm(self._examples, generator=generator)

    @abstractmethod
    def _read(self, batches: list[Tensor]) -> Iterator[Batch]:
        """The samples with the indices (B,) of each batch."""


class Samples(Protocol):
    """All samples of a dataset, in memory, in a file or read one by one."""

    def __len__(self) -> int: ...

    def loader(
        self,
        batch_size: int,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
    ) -> Loader:
        """See `Loader`."""
        ...
