"""Player: a network with its optimizer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from torch import nn
from torch.optim import Optimizer

from .stepping import Step, make_step


@dataclass(frozen=True)
class Player:
    """A network with its optimizer."""

    network: nn.Module
    optimizer: Optimizer
    weights: tuple[nn.Parameter, ...] = field(init=False, repr=False)
    move: Step = field(init=False, repr=False)

    def __post_init__(self) -> None:
        trainable = tuple(each for each in self.network.parameters() if each.requires_grad)
        object.__setattr__(self, "weights", trainable)
        object.__setattr__(self, "move", make_step(self.optimizer))

    def zero_grad(self) -> None:
        """Drop the gradients of the weights."""
        for weight in self.weights:
            weight.grad = None

    def freeze(self, frozen: bool) -> None:
        """Whether gradients of the weights are computed; gradients still pass through."""
        for weight in self.weights:
            weight.requires_grad_(not frozen)


PlayerName = Literal["gen", "disc"]
