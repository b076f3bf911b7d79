"""Whether any process asks for something, so that all do it at the same step."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor

from .distributed import Processes


class Agreement:
    """Flags that are raised in all processes if they are in one. All must call it alike.

    They travel between the hosts while the step goes on. They could travel with the gradients, but
    then a host had to wait for its GPU in each step to read them.
    """

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._under_way: tuple[Tensor, dist.Work] | None = None

    def begin(self, *flags: bool) -> None:
        """Tell the others, without waiting for them. Once is enough: more of it does nothing."""
        if self._processes.count == 1 or self._under_way is not None:
            return
        raised = torch.tensor([int(flag) for flag in flags])
        work = dist.all_reduce(raised, dist.ReduceOp.MAX, async_op=True)
        assert work is not None  # only for a process outside the group
        self._under_way = raised, work

    def reach(self, *flags: bool) -> tuple[bool, ...]:
        """Whether a flag was raised in any process when it began; begins now if it has not. A
        single process agrees with itself."""
        if self._processes.count == 1:
            return flags
        self.begin(*flags)
        assert self._under_way is not None
        (raised, work), self._under_way = self._under_way, None
        work.wait()
        return tuple(bool(flag) for flag in raised.tolist())
