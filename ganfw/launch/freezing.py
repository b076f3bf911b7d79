"""Layers that keep their weights, as in FreezeD (Mo et al. 2020, "Freeze the discriminator")."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from ..errors import UsageError


def freeze(network: nn.Module, layers: Sequence[str], where: str) -> None:
    """Let the weights of ``layers`` and of all below them stay as they are. Running statistics,
    as of batch norm, still follow the data. Raises UsageError, which begins with ``where``, for a
    name that is no layer's, and where no weight is left to learn."""
    weights = dict(network.named_parameters())
    for layer in layers:
        within = [weight for name, weight in weights.items() if f"{name}.".startswith(f"{layer}.")]
        if not within:
            names = " ".join(dict.fromkeys(name.rpartition(".")[0] or name for name in weights))
            raise UsageError(f"{where}: freeze = {layer} is no layer; there are {names}")
        for weight in within:
            weight.requires_grad_(False)
    if layers and not any(weight.requires_grad for weight in weights.values()):
        raise UsageError(f"{where}: freeze leaves no weight that learns")
