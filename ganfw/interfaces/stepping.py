"""An optimizer's step without the Python around it.

For networks of a few weights, what ``torch.optim.Adam.step`` does before it reaches its one fused
kernel (hooks, profiler marks, groups by device) takes longer than the kernel and the backward pass
together. Here the same kernel is called on the same state at once, so that numbers, checkpoints
and learning rates are those of the optimizer itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

Step = Callable[[], object]


def make_step(optimizer: Optimizer) -> Step:
    """What moves the weights by their gradients: the kernel where ``optimizer`` is a fused Adam or
    AdamW and this torch has it, or else ``optimizer.step``."""
    kernel = _KERNELS.get(type(optimizer))
    if kernel is None or not all(_is_plain(group) for group in optimizer.param_groups):
        return optimizer.step
    return _FusedStep(optimizer, kernel)


_KERNELS: dict[type[Optimizer], Any] = {
    cls: getattr(torch, name)
    for cls, name in ((torch.optim.Adam, "_fused_adam_"), (torch.optim.AdamW, "_fused_adamw_"))
    if hasattr(torch, name)
}


class _FusedStep:
    def __init__(self, optimizer: Optimizer, kernel: Any) -> None:
        self._optimizer = optimizer
        self._kernel = kernel

    def __call__(self) -> None:
        optimizer = self._optimizer
        # The first step makes the state; and whoever wrapped ``step`` (torch's own schedulers do)
        # or hooked it wants to see it called.
        if not optimizer.state or "step" in vars(optimizer) or _has_hooks(optimizer):
            optimizer.step()
            return
        for group in optimizer.param_groups:
            self._move(group, optimizer.state)

    @torch.no_grad()
    def _move(self, group: dict[str, Any], state: dict[Any, Any]) -> None:
        weights = [weight for weight in group["params"] if weight.grad is not None]
        states = [state[weight] for weight in weights]
        steps = [each["step"] for each in states]
        torch._foreach_add_(steps, 1)
        beta1, beta2 = group["betas"]
        self._kernel(
            weights,
            [weight.grad for weight in weights],
            [each["exp_avg"] for each in states],
            [each["exp_avg_sq"] for each in states],
            [],
            steps,
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )


def _is_plain(group: dict[str, Any]) -> bool:
    odd = ("amsgrad", "maximize", "capturable", "differentiable")
    return bool(group.get("fused")) and not any(group.get(name) for name in odd)


def _has_hooks(optimizer: Optimizer) -> bool:
    return bool(optimizer._optimizer_step_pre_hooks or optimizer._optimizer_step_post_hooks)
