"""The order of numbers in memory: channels last, which convolutions are written for.

The numbers are the same; what changes is the order in which kernels read and add them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..errors import ShapesError

Try = Callable[[], object]


def use_channels_last(networks: dict[str, nn.Module], attempt: Try) -> list[str]:
    """Lay the weights of ``networks`` (by label) out channels last, and check that ``attempt``,
    which runs them, still works.

    With a network that reshapes its feature maps with ``view`` it does not. Then all are laid
    out as before, and the lines returned say so.
    """
    weights = [weight for network in networks.values() for weight in network.parameters()]
    if not any(weight.dim() == 4 for weight in weights):
        attempt()
        return []
    for network in networks.values():
        network.to(memory_format=torch.channels_last)
    try:
        attempt()
    except (RuntimeError, ShapesError) as error:
        if "view size is not compatible" not in str(error):
            raise
        for network in networks.values():
            network.to(memory_format=torch.contiguous_format)
        attempt()
        return [
            f"{' or '.join(networks)} uses view() on pictures, where flatten() or reshape() "
            "would do: it can't be laid out channels last, and trains slower"
        ]
    return []


def match_memory_format(optimizer: Optimizer) -> None:
    """Lay the optimizer's state out as its weights are: a fused kernel goes through both at once.

    State that was loaded is laid out as it was saved, which is always row by row.
    """
    for weight, state in optimizer.state.items():
        for name, value in state.items():
            if _is_like(value, weight):
                state[name] = torch.empty_like(weight, dtype=value.dtype).copy_(value)


def _is_like(value: Any, weight: Tensor) -> bool:
    return (
        isinstance(value, Tensor)
        and value.shape == weight.shape
        and value.stride() != weight.stride()
    )
