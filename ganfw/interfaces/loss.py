"""Loss: what the two players minimise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from .turn import Critic, Turn

Terms = Mapping[str, Tensor]
"""Named summands of a player's objective, each a scalar: a mean over the batch."""

NEEDS = '"labels", "labels.paired", "gen.NAME", "disc.NAME" or "network.NAME"'
"""What `Loss.needs` can name."""


class Loss(nn.Module):
    """What the two players minimise. It never calls backward, step or zero_grad.

    Write `discriminator_terms` and `generator_terms`, or `terms` alone if that is not enough.
    Losses of one run are summed, so a penalty is a loss with discriminator terms only. A term is a
    scalar, a *mean* over the batch; ``train.reduction = "sum"`` multiplies by the batch's length.
    What a loss learns while training lives in buffers (``register_buffer``), or goes through its
    ``state_dict``: it is moved to the run's device, saved with the run, and resumed.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    """What must be there, by name, or the run is refused before it begins: ``"labels"`` of the
    data; ``"labels.paired"`` where generated samples must have those of the real ones beside them;
    ``"gen.style"`` or ``"disc.classes"`` beside samples and scores; ``"network.encoder"``."""

    needs_gradient_at: ClassVar[tuple[Literal["real", "fake"], ...]] = ()
    """Inputs that the discriminator's terms differentiate; the engine makes them require grad."""

    def __init__(self, options: Any) -> None:
        super().__init__()
        self.options = options

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """As in `torch.nn.Module`, but buffers take the shapes that were saved: one that keeps
        samples begins empty, since a loss does not know their shape before it sees them."""
        for path, module in self.named_modules():
            for name, buffer in module.named_buffers(recurse=False):
                saved = state_dict.get(f"{path}.{name}" if path else name)
                if saved is not None and saved.shape != buffer.shape:
                    module.register_buffer(name, torch.empty_like(saved, device=buffer.device))
        return super().load_state_dict(state_dict, strict, assign)

    def terms(self, turn: Turn) -> Terms:
        """The terms of ``turn.player``. In the generator's turn the discriminator's weights are
        frozen."""
        if turn.player == "disc":
            return self.discriminator_terms(turn.critic, turn.real, turn.fake)
        return self.generator_terms(turn.critic, turn.real, turn.fake)

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        """The discriminator's terms; ``fake`` is detached. A second ``critic(real)`` is free."""
        return {}

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        """The generator's terms; the discriminator's weights are frozen."""
        return {}


def needs_of(loss: Loss) -> tuple[str, ...]:
    """What `Loss.needs` of ``loss`` names, also where it is a text, which people write for one."""
    needs: str | tuple[str, ...] = loss.needs
    return (needs,) if isinstance(needs, str) else needs


def is_need(need: str) -> bool:
    """Whether ``need`` is of the form of one of `NEEDS`."""
    place, _, name = need.partition(".")
    return need in ("labels", "labels.paired") or (
        place in ("gen", "disc", "network") and bool(name)
    )
