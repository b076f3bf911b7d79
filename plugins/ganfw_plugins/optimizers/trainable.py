"""Which weights an optimizer gets."""

from __future__ import annotations

from torch import nn


def trainable(network: nn.Module) -> list[nn.Parameter]:
    """The weights of ``network`` that nobody froze, each once."""
    return [weight for weight in network.parameters() if weight.requires_grad]
