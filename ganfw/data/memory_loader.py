"""Batches from decoded samples: an index into memory, or into a memory-mapped file."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ..images import from_bytes
from ..interfaces.dataset import Batch
from ..runtime.distributed import SINGLE_PROCESS, Processes
from .loader import Loader

_SHARE_OF_DEVICE = 0.25


class MemoryLoader(Loader):
    """Shuffled batches of ``stored`` (N, ...) uint8 or float32 and ``labels`` (N, ...) or None.

    On the CPU the files behind them are read in place. For another device all samples and labels
    are copied there once, as they are stored, if they take at most a quarter of its free memory.
    """

    def __init__(
        self,
        stored: Tensor,
        labels: Tensor | None,
        value_range: tuple[float, float] | None,
        batch_size: int,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
    ) -> None:
        super().__init__(len(stored), batch_size, seed, device, processes)
        resident = _fits(stored.nbytes + (0 if labels is None else labels.nbytes), device)
        self._stored = stored.to(device) if resident else stored
        self._labels = labels.to(device) if resident and labels is not None else labels
        self._value_range = value_range

    def _read(self, batches: list[Tensor]) -> Iterator[Batch]:
        for indices in _all_on(self._stored.device, batches):
            labels = None if self._labels is None else self._take(self._labels, indices)
            yield Batch(self._take(self._stored, indices), labels)

    def _take(self, stored: Tensor, indices: Tensor) -> Tensor:
        taken = stored[indices]
        if self._device.type == "cuda" and not taken.is_cuda:
            taken = taken.pin_memory()
        return from_bytes(taken.to(self._device, non_blocking=True), self._value_range)


def _all_on(device: torch.device, batches: list[Tensor]) -> tuple[Tensor, ...]:
    """The indices of all batches on ``device``, by one copy: each copy waits for the device."""
    if device.type == "cpu" or not batches:
        return tuple(batches)
    return torch.split(torch.cat(batches).to(device), [len(batch) for batch in batches])


def _fits(size: int, device: torch.device) -> bool:
    """Whether ``size`` bytes may be kept on ``device``."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
    else:
        free = torch.mps.recommended_max_memory() if device.type == "mps" else 0
    return size <= free * _SHARE_OF_DEVICE
