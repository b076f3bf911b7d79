"""Muon: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/, with Adam for the rest.

torch.optim.Muon (torch 2.9 and later) takes matrices alone, and a GAN for pictures has hardly any.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .options import MuonOptions
from .trainable import trainable


def muon(options: MuonOptions, network: nn.Module) -> Optimizer:
    """Muon for the matrices and convolutions of ``network``, Adam for all other weights.

    Jordan et al. leave the first and the last layer to Adam as well. Which these are can't be
    known of any network, so that only those are left out that `is_matrix` refuses.
    """
    return Muon(network, options)


def is_matrix(weight: Tensor) -> bool:
    """Whether ``weight``, flattened behind its first dimension, has several rows and columns. The
    last layer of a critic has one row: it is a vector."""
    return weight.dim() > 1 and len(weight) > 1 and weight[0].numel() > 1


class Muon(Optimizer):
    """Two groups: the weights that take Muon's steps, and those that take Adam's."""

    def __init__(self, network: nn.Module, options: MuonOptions) -> None:
        embedded = {
            weight
            for module in network.modules()
            if isinstance(module, nn.Embedding)
            for weight in module.parameters()
        }
        groups: dict[bool, list[nn.Parameter]] = {True: [], False: []}
        for weight in trainable(network):
            groups[is_matrix(weight) and weight not in embedded].append(weight)
        super().__init__(
            [{"params": weights, "orthogonal": flag} for flag, weights in groups.items()],
            options.model_dump(),
        )

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override] # nobody here computes a loss again
        """Move the weights that have a gradient."""
        for group in self.param_groups:
            move = self._move_orthogonally if group["orthogonal"] else self._move_by_adam
            for weight in group["params"]:
                if weight.grad is not None:
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    move(weight, weight.grad, group)

    def _move_orthogonally(self, weight: Tensor, grad: Tensor, group: Mapping[str, Any]) -> None:
        """The scale makes a step as large as one of Adam's: Liu et al. 2025, equation 4."""
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        momentum = state["momentum"].lerp_(grad, 1 - group["momentum"])
        update = grad.lerp(momentum, group["momentum"]) if group["nesterov"] else momentum
        matrix = update.flatten(1)
        step = orthogonalized(matrix, group["iterations"]).reshape(weight.shape).to(weight.dtype)
        weight.add_(step, alpha=-0.2 * group["lr"] * max(matrix.shape) ** 0.5)

    def _move_by_adam(self, weight: Tensor, grad: Tensor, group: Mapping[str, Any]) -> None:
        """Kingma & Ba 2015, algorithm 1."""
        state = self.state[weight]
        if not state:
            state.update(mean=torch.zeros_like(weight), square=torch.zeros_like(weight), steps=0)
        state["steps"] += 1
        first, second = group["betas"]
        mean = state["mean"].lerp_(grad, 1 - first)
        square = state["square"].mul_(second).addcmul_(grad, grad, value=1 - second)
        spread = (square / (1 - second ** state["steps"])).sqrt_().add_(group["eps"])
        weight.addcdiv_(mean, spread, value=-group["lr"] / (1 - first ** state["steps"]))


def orthogonalized(matrix: Tensor, iterations: int) -> Tensor:
    """About the nearest matrix (rows, columns) whose singular values are all 1, in bfloat16.

    Newton-Schulz, with the coefficients of Jordan et al.: five iterations bring all but the
    smallest ones between 0.6 and 1.3.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    is_tall = len(matrix) > len(matrix.T)
    x: Tensor = (matrix.T if is_tall else matrix).bfloat16()
    x = x / torch.linalg.matrix_norm(x).clamp(min=1e-7)
    for _ in range(iterations):
        gram = x @ x.T
        # a x + (b gram + c gram²) x, with few roundings.
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if is_tall else x
