"""Player: a network with its optimizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Optimizer


@dataclass(frozen=True)
class Player:
    """A network with its optimizer. ``compiled`` is what runs in its place, where there is one:
    ``torch.compile(network)``, which shares its weights."""

    network: nn.Module
    optimizer: Optimizer
    compiled: Callable[..., Any] | None = None

    @property
    def forward(self) -> Callable[..., Any]:
        """What to call: the compiled network, or the network."""
        return self.network if self.compiled is None else self.compiled

    def parameters(self) -> list[nn.Parameter]:
        """The weights that the optimizer moves; those that someone froze are not among them."""
        groups = self.optimizer.param_groups
        return [weight for group in groups for weight in group["params"] if weight.requires_grad]

    def zero_grad(self) -> None:
        """Drop the gradients of the weights that the optimizer moves."""
        for group in self.optimizer.param_groups:
            for weight in group["params"]:
                weight.grad = None

    def step(self) -> None:
        """Move the weights by their gradients."""
        self.optimizer.step()

    def state_dict(self) -> dict[str, Any]:
        """Of the network and the optimizer."""
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take back what `state_dict` gave."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])


@contextmanager
def frozen(players: Iterable[Player]) -> Iterator[None]:
    """No gradients of the players' weights for a while; gradients still pass through them."""
    trained = [weight for player in players for weight in player.parameters()]
    try:
        for weight in trained:
            weight.requires_grad_(False)
        yield
    finally:
        for weight in trained:
            weight.requires_grad_(True)
