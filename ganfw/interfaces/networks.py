"""Networks: generators, discriminators, and augments in front of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .shapes import Shapes


class Generator(nn.Module):
    """Latents to samples. Raises ShapesError from ``__init__`` for shapes it can't make."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__()
        self.options = options
        self.shapes = shapes

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (B, Z) and labels (B,) or None to samples (B, *shapes.sample)."""
        raise NotImplementedError


class Discriminator(nn.Module):
    """Samples to scores. Raises ShapesError from ``__init__`` for shapes it can't judge."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__()
        self.options = options
        self.shapes = shapes

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Samples (B, *shapes.sample) and labels (B,) or None to scores (B,): logits, raw."""
        raise NotImplementedError


class Augment(nn.Module):
    """A differentiable map in front of the critic, for real and generated samples alike."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__()
        self.options = options
        self.shapes = shapes

    def forward(self, samples: Tensor) -> Tensor:
        """Samples (B, ...) to samples of the same shape."""
        raise NotImplementedError

    def adapt(self, real_sign_mean: Tensor, examples: int) -> None:
        """After each discriminator update's forward passes: the mean sign of the critic's scores
        of ``examples`` real samples, a scalar on the device; 1 is sure of all, 0 undecided. On the
        hot path: read no number off the device. What it learns lives in buffers, to be saved."""


@contextmanager
def eval_mode(*networks: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while: batch norm uses its running statistics and keeps them."""
    modes = [network.training for network in networks]
    try:
        for network in networks:
            network.eval()
        yield
    finally:
        for network, mode in zip(networks, modes, strict=True):
            network.train(mode)


def generate(network: nn.Module, latents: Tensor, labels: Tensor | None = None) -> Tensor:
    """Samples (B, ...) for ``latents`` (B, Z) and ``labels`` (B,), with no gradient, and with the
    network left in the mode it was in."""
    with eval_mode(network), torch.no_grad():
        samples: Tensor = network(latents, labels)
    return samples
