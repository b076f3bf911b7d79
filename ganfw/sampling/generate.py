"""Drawing samples from a generator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def eval_mode(*networks: nn.Module) -> Iterator[None]:
    """Evaluation mode inside the block: batch norm uses its running statistics and keeps them."""
    modes = [network.training for network in networks]
    try:
        for network in networks:
            network.eval()
        yield
    finally:
        for network, mode in zip(networks, modes, strict=True):
            network.train(mode)


def generate(network: nn.Module, latents: Tensor, labels: Tensor | None = None) -> Tensor:
    """Samples (B, ...) for ``latents`` (B, Z) and ``labels`` (B,), in evaluation mode and without
    gradients. Afterwards the network is in the mode that it was in before."""
    with eval_mode(network), torch.no_grad():
        samples: Tensor = network(latents, labels)
    return samples
