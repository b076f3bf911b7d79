"""One process or many: which one this is, and how it communicates. torchrun starts them.

Each process trains on its shard of every batch. Gradients are reduced before a player's step, so
that all processes hold the same weights. `torch.distributed` does it, by Gloo on CPUs and NCCL on
GPUs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ..errors import TrainingError


@dataclass(frozen=True)
class Processes:
    """This process among ``count``: its rank, from 0, and its rank on this machine."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes and prints."""
        return self.rank == 0

    def shard(self, rows: Tensor) -> Tensor:
        """This process's rows of ``rows`` (B, ...): every count-th one."""
        return rows[self.rank :: self.count]

    def all_reduce_gradients(self, weights: Iterable[nn.Parameter], mean: bool) -> None:
        """Replace the gradients of ``weights`` by their sum over all processes, or their mean."""
        if self.count == 1:
            return
        grads = [weight.grad for weight in weights if weight.grad is not None]
        if not grads:
            return
        flat = torch.cat([grad.reshape(-1) for grad in grads])
        dist.all_reduce(flat)
        if mean:
            flat /= self.count
        parts = torch.split(flat, [grad.numel() for grad in grads])
        for grad, part in zip(grads, parts, strict=True):
            grad.copy_(part.view_as(grad))

    def all_reduce_mean(self, values: Tensor) -> Tensor:
        """The mean of ``values`` over all processes."""
        if self.count > 1:
            dist.all_reduce(values)
            values = values / self.count
        return values

    def broadcast(self, text: str) -> str:
        """The first process's ``text``."""
        return self.gather(text)[0]

    def gather(self, text: str) -> list[str]:
        """The ``text`` of each process, in order of rank."""
        if self.count == 1:
            return [text]
        own = list(text.encode("utf-8", "surrogateescape"))
        lengths = [torch.zeros(1, dtype=torch.long) for _ in range(self.count)]
        dist.all_gather(lengths, torch.tensor([len(own)]))
        longest = max(1, *(int(length) for length in lengths))
        padded = torch.tensor(own + [0] * (longest - len(own)), dtype=torch.uint8)
        found = [torch.zeros(longest, dtype=torch.uint8) for _ in range(self.count)]
        dist.all_gather(found, padded)
        return [
            bytes(content[: int(length)].tolist()).decode("utf-8", "surrogateescape")
            for content, length in zip(found, lengths, strict=True)
        ]

    def check_synchronized(self, networks: Sequence[nn.Module]) -> None:
        """Raises TrainingError unless all processes hold the same weights, judged by their sums."""
        if self.count == 1:
            return
        weights = [weight for network in networks for weight in network.parameters()]
        sums = torch.stack([weight.detach().double().sum() for weight in weights]).cpu()
        least, greatest = sums.clone(), sums.clone()
        dist.all_reduce(least, dist.ReduceOp.MIN)
        dist.all_reduce(greatest, dist.ReduceOp.MAX)
        if not torch.equal(least, greatest):
            raise TrainingError(
                "the processes no longer hold the same weights: a callback or a network changes "
                "them in one process and not in the others"
            )


SINGLE_PROCESS = Processes()


@contextmanager
def explain_lost_process() -> Iterator[None]:
    """Raises TrainingError where another process of the run has ended before its time."""
    try:
        yield
    except RuntimeError as error:
        # Gloo has no class for it, NCCL and the store have.
        if not isinstance(error, dist.DistError) and "gloo" not in str(error):
            raise
        raise TrainingError(
            "another process of this run has ended: it says why, unless the system killed it; "
            "ganfw resume goes on from the last checkpoint"
        ) from error
