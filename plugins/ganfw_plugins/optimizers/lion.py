"""Lion: Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .options import LionOptions
from .trainable import trainable


def lion(options: LionOptions, network: nn.Module) -> Optimizer:
    """Lion for all weights of ``network``."""
    return Lion(trainable(network), **options.model_dump())


class Lion(Optimizer):
    """Algorithm 2: each weight moves by the learning rate, up or down. All weights of a group
    move at once."""

    def __init__(
        self,
        weights: Iterable[nn.Parameter],
        lr: float,
        betas: tuple[float, float],
        weight_decay: float,
    ) -> None:
        super().__init__(weights, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override] # nobody here computes a loss again
        """Move the weights that have a gradient."""
        for group in self.param_groups:
            grads = {weight: weight.grad for weight in group["params"] if weight.grad is not None}
            if grads:
                self._move([*grads], [*grads.values()], group)

    def _move(self, weights: list[Tensor], grads: list[Tensor], group: Mapping[str, Any]) -> None:
        momenta = [self._momentum(weight) for weight in weights]
        share, decay = group["betas"]
        directions = torch._foreach_lerp(momenta, grads, 1 - share)
        torch._foreach_sign_(directions)
        torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
        torch._foreach_add_(weights, directions, alpha=-group["lr"])
        torch._foreach_lerp_(momenta, grads, 1 - decay)

    def _momentum(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        momentum: Tensor = state["momentum"]
        return momentum
