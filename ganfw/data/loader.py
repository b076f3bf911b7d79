"""What the trainer asks of data: batches by epoch, wherever the samples live."""

from __future__ import annotations

from collections.abc import Iterator
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

    def spread(self, n: int) -> Batch:
        """``n`` samples spread evenly over the data, or all if there are fewer: the first ones
        alone may all be of one class."""
        ...


class Samples(Protocol):
    """All samples of a dataset, wherever they live."""

    def __len__(self) -> int: ...

    def batches(
        self,
        batch_size: int,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
    ) -> Loader:
        """Shuffled batches on ``device``; of each one the share of this process."""
        ...


def batch_count(examples: int, batch_size: int, processes: Processes) -> int:
    """Batches in an epoch: all whole ones, and a last one if it is large enough to be shared.

    In training, batch norm can't be told from one sample: a last batch gives each process two,
    unless whole ones give it one.
    """
    whole, rest = divmod(examples, batch_size)
    least = min(2, batch_size // processes.count)
    return whole + (rest >= least * processes.count)


def batch_indices(
    examples: int, batch_size: int, seed: int, epoch: int, processes: Processes
) -> list[Tensor]:
    """The samples of each of an epoch's batches that are this process's, as many as any other's.

    What can't be shared of the last batch waits for another epoch, whose order is another.
    """
    order = epoch_order(examples, seed, epoch)
    batches = torch.split(order, batch_size)[: batch_count(examples, batch_size, processes)]
    count = processes.count
    return [processes.share(batch[: len(batch) // count * count]) for batch in batches]


def evenly_spaced_indices(examples: int, n: int) -> Tensor:
    """At most ``n`` indices below ``examples``, evenly spread, the first among them."""
    count = min(n, examples)
    return torch.arange(count) * examples // count


def epoch_order(examples: int, seed: int, epoch: int) -> Tensor:
    """The order (N,) of an epoch's samples, a function of the run's seed and the epoch alone."""
    generator = torch.Generator().manual_seed(derive_seed(seed, _ORDER, epoch))
    return torch.randperm(examples, generator=generator)


def to_samples(
    stored: Tensor, value_range: tuple[float, float] | None, device: torch.device
) -> Tensor:
    """Stored samples (B, ...) as float32 on the device; uint8 is mapped from 0..255 onto the
    range."""
    moved = stored.to(device, non_blocking=True)
    if stored.dtype != torch.uint8:
        return moved
    low, high = value_range or (0.0, 1.0)
    return moved.to(torch.float32).mul_((high - low) / 255).add_(low)
