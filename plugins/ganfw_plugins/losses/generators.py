"""Regularisers of the generator: its weights, its features in the critic's eyes, its variety."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ganfw import Loss, Terms, Turn, tensor_of

from .options import FeatureMatchingOptions, ModeSeekingOptions, OrthogonalOptions


class Orthogonal(Loss):
    """Brock et al. 2019 (BigGAN), eq. 3: strength · |WᵀW ⊙ (1 - I)|² over the generator's weights
    W, with a filter in each column. Embeddings are left out, as BigGAN's shared one is."""

    options: OrthogonalOptions

    def terms(self, turn: Turn) -> Terms:
        if turn.player == "disc":
            return {}
        overlaps = [_overlap(weight) for weight in _filters(turn.networks["gen"])]
        if not overlaps:
            return {}
        return {"penalty": torch.stack(overlaps).sum() * self.options.strength}


def _filters(network: nn.Module) -> Iterator[Tensor]:
    """The weights of layers, one filter to a row."""
    for module in network.modules():
        if not isinstance(module, nn.Embedding):
            for weight in module.parameters(recurse=False):
                if weight.ndim > 1:
                    yield weight.flatten(1)


def _overlap(filters: Tensor) -> Tensor:
    """The sum of squares of the products of each two rows."""
    products = filters @ filters.T
    return products.square().sum() - products.diagonal().square().sum()


class FeatureMatching(Loss):
    """Salimans et al. 2016, section 3.1: the generator minimises strength · |E f(x) - E f(G(z))|²,
    where f are features of the discriminator, which has a loss of its own beside it."""

    options: FeatureMatchingOptions
    needs = ("disc.features",)

    def terms(self, turn: Turn) -> Terms:
        if turn.player == "disc":
            return {}
        real, fake = (
            tensor_of(turn.critic.all(samples)["features"], "features").mean(0)
            for samples in (turn.real, turn.fake)
        )
        return {"distance": (real.detach() - fake).square().sum() * self.options.strength}


class ModeSeeking(Loss):
    """Mao et al. 2019 (MSGAN), section 3.2: the generator maximises d(G(c, z₁), G(c, z₂)) / d(z₁,
    z₂), d the mean distance; as the authors do, by minimising strength / ratio. z₂ are the batch's
    latents, moved on by one sample."""

    options: ModeSeekingOptions

    def terms(self, turn: Turn) -> Terms:
        if turn.player == "disc" or len(turn.latents) < 2:
            return {}
        latents = turn.latents.roll(1, 0)
        other = tensor_of(turn.generate(latents, turn.fake_labels)["samples"], "samples")
        ratio = (turn.fake - other).abs().mean() / (turn.latents - latents).abs().mean()
        return {"sameness": self.options.strength / (ratio + 1e-5)}
