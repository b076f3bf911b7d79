"""torch's fused kernels of Adam, called without what torch does around them.

The numbers and the saved state are those of ``torch.optim.Adam(fused=True)``, bit for bit. Left out
are the sorting of weights by device and the preparations for its compiler, which cost a small
network more than its step and import the compiler, which takes longer than ``import torch``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

Kernel = Callable[..., None]


class _Fused(torch.optim.Optimizer):
    """The step of both classes. The weights of a group are on one device and of one type, as those
    of one network are."""

    kernel: ClassVar[Kernel]

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override] # nobody here computes a loss again
        """Move the weights that have a gradient."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if weights:
                self._move(weights, group)

    def _move(self, weights: list[Tensor], group: Mapping[str, Any]) -> None:
        states = [self.state[weight] or self._first_state(weight) for weight in weights]
        counts = [state["step"] for state in states]
        torch._foreach_add_(counts, 1)
        type(self).kernel(
            weights,
            [weight.grad for weight in weights],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            counts,
            lr=group["lr"],
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )

    def _first_state(self, weight: Tensor) -> dict[str, Tensor]:
        state: dict[str, Tensor] = self.state[weight]
        state["step"] = torch.zeros((), device=weight.device)
        state["exp_avg"] = torch.zeros_like(weight)
        state["exp_avg_sq"] = torch.zeros_like(weight)
        return state


class Adam(_Fused, torch.optim.Adam):  # type: ignore[misc] # of its step
    """Kingma & Ba 2015, algorithm 1."""

    kernel = staticmethod(torch._fused_adam_)


class AdamW(_Fused, torch.optim.AdamW):  # type: ignore[misc] # of its step
    """Loshchilov & Hutter 2019, algorithm 2."""

    kernel = staticmethod(torch._fused_adamw_)
