"""Networks: generators, discriminators, and augments in front of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import PluginError
from ..runtime.random_state import isolated_random_state
from .outputs import SAMPLES, Output, tensor_of
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
        """Latents (count, Z) from N(0, 1). Override it for others, of any shape (count, ...):
        uniform ones, a mixture, codes. Draw from ``random`` alone, on its device."""
        size = (count, self.shapes.latent_dim)
        return torch.randn(size, generator=random, device=random.device)

    def forward_truncated(
        self, latents: Tensor, labels: Tensor | None, truncation: float
    ) -> Output:
        """What `forward` gives, with fewer odd samples and less variety the smaller ``truncation``
        > 0 is. Override it for a way of its own, such as in a style generator's W (Karras et al.
        2019, appendix B); where it is not, normal latents are cut off at ±``truncation``, and no
        others can be."""
        raise NotImplementedError


class Discriminator(nn.Module):
    """Samples to scores. Raises ShapesError from ``__init__`` for shapes it can't judge."""

    sees_unaugmented: bool = False
    """Whether it judges samples beside what augments make of them. If so, the engine gives them as
    a third argument, ``forward(augmented, labels, unaugmented)``, which may be left out where
    nothing is augmented."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__()
        self.options = options
        self.shapes = shapes

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Output:
        """Samples (B, *shapes.sample) and labels (B, *shapes.label) or None to scores: logits, raw,
        (B,), or (B, ...) for a critic of patches or several in one; or to a dict with ``"scores"``
        and whatever else losses may want."""
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

    def replaced(self, real: Tensor) -> Tensor | None:
        """Which of the real samples (B, ...) the discriminator is shown generated ones instead of,
        with their labels, as if they were real: (B,) bool; None for none. Asked in each of its
        turns."""
        return None

    def adapt(self, real_sign_mean: Tensor, examples: int) -> None:
        """After each discriminator update's forward passes: the mean sign of the critic's scores
        of ``examples`` real samples, a scalar on the device; 1 is sure of all, 0 undecided. On the
        hot path: read no number off the device. What it learns lives in buffers, to be saved."""


def draws_own_latents(network: nn.Module) -> bool:
    """Whether ``network`` is a generator that draws other latents than normal ones."""
    if not isinstance(network, Generator):
        return False
    return type(network).draw_latents is not Generator.draw_latents


def truncates_itself(network: nn.Module) -> bool:
    """Whether ``network`` is a generator with a truncation of its own."""
    if not isinstance(network, Generator):
        return False
    return type(network).forward_truncated is not Generator.forward_truncated


def sees_unaugmented(network: nn.Module) -> bool:
    """Whether ``network`` is a discriminator that also wants samples without augments."""
    return isinstance(network, Discriminator) and network.sees_unaugmented


def draw_latents(network: nn.Module, shapes: Shapes, count: int, random: torch.Generator) -> Tensor:
    """``count`` latents (count, ...) for ``network``, drawn from ``random``: its own, or (count, Z)
    from N(0, 1). Raises PluginError for a generator that draws anything else."""
    if not (isinstance(network, Generator) and draws_own_latents(network)):
        return torch.randn(count, shapes.latent_dim, generator=random, device=random.device)
    with torch.no_grad():
        latents = network.draw_latents(count, random)
    if not isinstance(latents, Tensor) or latents.shape[:1] != (count,):
        got = f"{(*latents.shape,)}" if isinstance(latents, Tensor) else type(latents).__name__
        where = f"{type(network).__name__}.draw_latents"
        raise PluginError(f"{where} gave {got}; it must give {count} latents ({count}, ...)")
    return latents


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
        return tensor_of(network(latents, labels), SAMPLES)


def requires_labels(network: nn.Module, inputs: Tensor) -> bool:
    """Whether ``network`` fails without labels for ``inputs`` (B, ...)."""
    try:
        with eval_mode(network), isolated_random_state(0), torch.no_grad():
            network(inputs, None)
    except Exception:  # whatever it does of a missing label
        return True
    return False


def heeds_labels(network: nn.Module, latents: Tensor, labels: Tensor, others: Tensor) -> bool:
    """Whether ``others`` (B, ...) in place of ``labels`` (B, ...) make other samples of the same
    ``latents`` (B, Z)."""
    samples = []
    for tried in (labels, others):
        # The same noise each time, if the generator draws any.
        with isolated_random_state(0):
            samples.append(generate(network, latents, tried))
    return not torch.equal(*samples)
