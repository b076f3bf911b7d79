"""Batches of real samples by epoch, wherever the samples are stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ..interfaces.dataset import Batch
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.random_state import derive_seed

_ORDER = 3


class Loader(Protocol):
    """Batches of real samples on the run's device."""

    def __len__(self) -> int:
        """Batches in an epoch; the last one may be smaller."""
        ...

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """The batches of epoch ``number`` from batch ``start`` on: a function of the seed."""
        ...

    def evenly_spaced(self, n: int) -> Batch:
        """``n`` samples evenly spaced over the data, or all if there are fewer. The first ``n``
        alone could all be of one class."""
        ...


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
        """Shuffled batches on ``device``; of each batch, the share of this process."""
        ...


@dataclass(frozen=True)
class Batches:
    """Which of ``examples`` samples are in which batch: a function of seed and epoch alone."""

    examples: int
    batch_size: int
    seed: int
    processes: Processes = SINGLE_PROCESS

    def __len__(self) -> int:
        """Batches in an epoch: all whole ones, and a last one if it can be shared.

        In training, batch norm fails on a single sample: a last batch needs two samples per
        process, unless the whole batches give each process only one.
        """
        whole, rest = divmod(self.examples, self.batch_size)
        least = min(2, self.batch_size // self.processes.count)
        return whole + (rest >= least * self.processes.count)

    def epoch(self, number: int) -> list[Tensor]:
        """The indices of this process in each batch of an epoch, as many as any other process has.

        Samples of the last batch that can't be shared are left out of this epoch.
        """
        generator = torch.Generator().manual_seed(derive_seed(self.seed, _ORDER, number))
        order = torch.randperm(self.examples, generator=generator)
        batches = torch.split(order, self.batch_size)[: len(self)]
        count = self.processes.count
        return [self.processes.share(batch[: len(batch) // count * count]) for batch in batches]

    def evenly_spaced(self, n: int) -> Tensor:
        """At most ``n`` indices, evenly spaced, beginning with the first sample."""
        count = min(n, self.examples)
        return torch.arange(count) * self.examples // count
