"""Networks: generators, discriminators, and augments in front of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .outputs import SAMPLES, Output, main_output
from .shapes import Shapes


class Generator(nn.Module):
    """Latents to samples. Raises ShapesError from ``__init__`` for shapes it can't make."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__()
        self.options = options
        self.shapes = shapes

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Output:
        """Latents (B, Z) and labels (B, *shapes.label) or None to samples (B, *shapes.sample), or
        to a dict with ``"samples"`` and whatever else losses may want."""
        raise NotImplementedError

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        """Latents (count, Z) on the device of ``random``; from N(0, 1) unless overridden."""
        size = (count, self.shapes.latent_dim)
        return torch.randn(size, generator=random, device=random.device)

    def forward_truncated(
        self, latents: Tensor, labels: Tensor | None, truncation: float
    ) -> Output:
        """`forward` with less variety: ``truncation`` 1 changes nothing, 0 leaves none. A style
        generator moves W towards its mean (Karras et al. 2019, section B).

        Not overridden, latents from N(0, 1) are truncated in its place.
        """
        raise NotImplementedError


class Discriminator(nn.Module):
    """Samples to scores. Raises ShapesError from ``__init__`` for shapes it can't judge."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__()
        self.options = options
        self.shapes = shapes

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Output:
        """Samples (B, *shapes.sample) and labels (B, *shapes.label) or None to scores: logits, raw,
        (B,), or (B, ...) for a critic of patches; or to a dict with ``"scores"`` and whatever else
        losses may want."""
        raise NotImplementedError


class Network(nn.Module):
    """A further network: an encoder, a second generator, a head. It learns in the turn of its side.
    Losses find it by its name in the run, and run it as ``turn.forward(name, …)``."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__()
        self.options = options
        self.shapes = shapes


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
    """Samples (B, ...) for ``latents`` (B, Z) and ``labels`` (B, ...), with no gradient, and with
    the network left in the mode it was in."""
    with eval_mode(network), torch.no_grad():
        return main_output(network(latents, labels), SAMPLES)


def draw_latents(network: nn.Module, shapes: Shapes, count: int, random: torch.Generator) -> Tensor:
    """Latents (count, Z) as ``network`` draws them; from N(0, 1) if it is no `Generator`."""
    if isinstance(network, Generator):
        return network.draw_latents(count, random)
    return torch.randn(count, shapes.latent_dim, generator=random, device=random.device)
