"""One process or many: who this one is, and what all of them share. torchrun starts them.

Each process plays on its share of every batch; gradients are summed before a player moves, so that
all of them hold the same weights. `torch.distributed` carries it, by Gloo on CPUs and NCCL on GPUs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ..errors import TrainingError


@dataclass(frozen=True)
class Processes:
    """This process among ``count``: its number from 0, and its number on this machine."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0

    def share(self, rows: Tensor) -> Tensor:
        """This process's rows of ``rows`` (B, ...): every count-th one."""
        return rows[self.rank :: self.count]

    def all_reduce_gradients(self, weights: Iterable[nn.Parameter], mean: bool) -> None:
        """Replace the gradients of ``weights`` by their sum over all processes, or their mean."""
        grads = [weight.grad for weight in weights if weight.grad is not None]
        if self.count == 1 or not grads:
            return
        flat = torch.cat([grad.reshape(-1) for grad in grads])
        dist.all_reduce(flat)
        if mean:
            flat /= self.count
        parts = torch.split(flat, [grad.numel() for grad in grads])
        for grad, part in zip(grads, parts, strict=True):
            grad.copy_(part.view_as(grad))

    def mean(self, values: Tensor) -> Tensor:
        """The mean of ``values`` over all processes."""
        if self.count > 1:
            dist.all_reduce(values)
            values = values / self.count
        return values

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """Whether any process says so, flag by flag. All must ask."""
        if self.count == 1:
            return flags
        raised = torch.tensor([int(flag) for flag in flags])
        dist.all_reduce(raised, dist.ReduceOp.MAX)
        return tuple(bool(flag) for flag in raised.tolist())

    def broadcast(self, text: str) -> str:
        """What the first process says."""
        return self.gather(text)[0]

    def gather(self, text: str) -> list[str]:
        """What each process says, in order."""
        if self.count == 1:
            return [text]
        content = list(text.encode())
        lengths = [torch.zeros(1, dtype=torch.long) for _ in range(self.count)]
        dist.all_gather(lengths, torch.tensor([len(content)]))
        longest = max(1, *(int(length) for length in lengths))
        padded = torch.tensor(content + [0] * (longest - len(content)), dtype=torch.uint8)
        found = [torch.zeros(longest, dtype=torch.uint8) for _ in range(self.count)]
        dist.all_gather(found, padded)
        return [
            bytes(text[: int(length)].tolist()).decode()
            for text, length in zip(found, lengths, strict=True)
        ]

    def check_synchronized(self, networks: Sequence[nn.Module]) -> None:
        """Raises TrainingError unless all processes hold the same weights, by their sums."""
        if self.count == 1:
            return
        weights = [weight for network in networks for weight in network.parameters()]
        sums = torch.stack([weight.detach().double().sum() for weight in weights]).cpu()
        least, greatest = sums.clone(), sums.clone()
        dist.all_reduce(least, dist.ReduceOp.MIN)
        dist.all_reduce(greatest, dist.ReduceOp.MAX)
        if not torch.equal(least, greatest):
            raise TrainingError(
                "the processes' weights have come apart: a callback or a network changes them in "
                "one process and not in the others"
            )


SINGLE_PROCESS = Processes()
