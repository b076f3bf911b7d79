"""The optimizers' updates as plain arithmetic, for a step that is compiled as a whole.

Each takes one weight and its gradient, the state that torch's own optimizer keeps for it, the
learning rate as a tensor, and the options; and changes weight and state in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

Update = Callable[[Tensor, Tensor, dict[str, Tensor], Tensor, Mapping[str, Any]], None]


def adam(
    weight: Tensor, grad: Tensor, state: dict[str, Tensor], lr: Tensor, group: Mapping[str, Any]
) -> None:
    """Kingma & Ba 2015, algorithm 1, with an L2 penalty."""
    _adam(weight, grad + group["weight_decay"] * weight, state, lr, group)


def adamw(
    weight: Tensor, grad: Tensor, state: dict[str, Tensor], lr: Tensor, group: Mapping[str, Any]
) -> None:
    """Loshchilov & Hutter 2019, algorithm 2: the decay apart from the gradient."""
    weight.mul_(1 - lr * group["weight_decay"])
    _adam(weight, grad, state, lr, group)


def _adam(
    weight: Tensor, grad: Tensor, state: dict[str, Tensor], lr: Tensor, group: Mapping[str, Any]
) -> None:
    beta1, beta2 = group["betas"]
    step, mean, square = state["step"], state["exp_avg"], state["exp_avg_sq"]
    step.add_(1)
    mean.lerp_(grad, 1 - beta1)
    square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
    scale = (square / (1 - beta2**step)).sqrt() + group["eps"]
    weight.sub_(lr / (1 - beta1**step) * mean / scale)


UPDATES: dict[str, Update] = {"Adam": adam, "AdamW": adamw}
"""By the name of torch's class."""
