"""Consistency: scores that stay as they are where samples, or latents, change a little."""

from __future__ import annotations

import torch
from torch import Tensor

from ganfw import Loss, Terms, Turn, tensor_of

from .options import BCROptions, CROptions, ICROptions, TransformOptions, ZCROptions
from .transforms import flipped, shifted


class CR(Loss):
    """Zhang et al. 2020, eq. 4: strength · E (D(x) - D(T(x)))² over real x. T mirrors half of the
    pictures and shifts all; to samples of other shapes it adds a little noise."""

    options: CROptions

    def terms(self, turn: Turn) -> Terms:
        if turn.player == "gen":
            return {}
        change = _change(turn, turn.real, turn.labels, self.options)
        return {"real": change * self.options.strength}


class BCR(Loss):
    """Zhao et al. 2021, algorithm 1 (bCR): real · E (D(x) - D(T(x)))² + fake · E (D(G(z)) -
    D(T(G(z))))², T as in `CR`."""

    options: BCROptions

    def terms(self, turn: Turn) -> Terms:
        return {} if turn.player == "gen" else balanced(turn, self.options)


class ZCR(Loss):
    """Zhao et al. 2021, algorithm 2 (zCR): with z' = z + noise, the discriminator minimises
    disc · E (D(G(z)) - D(G(z')))², the generator -gen · E |G(z) - G(z')|², a mean over values."""

    options: ZCROptions

    def terms(self, turn: Turn) -> Terms:
        return latent(turn, self.options)


class ICR(Loss):
    """Zhao et al. 2021, algorithm 3 (ICR): `BCR` and `ZCR` together."""

    options: ICROptions

    def terms(self, turn: Turn) -> Terms:
        near = latent(turn, self.options)
        return near if turn.player == "gen" else {**balanced(turn, self.options), **near}


def balanced(turn: Turn, options: BCROptions) -> dict[str, Tensor]:
    """The two terms of bCR."""
    real = _change(turn, turn.real, turn.labels, options)
    fake = _change(turn, turn.fake, turn.fake_labels, options)
    return {"real": real * options.real, "fake": fake * options.fake}


def latent(turn: Turn, options: ZCROptions) -> dict[str, Tensor]:
    """The player's term of zCR."""
    latents = turn.latents + options.latent_noise * torch.randn_like(turn.latents)
    near = tensor_of(turn.generate(latents, turn.fake_labels)["samples"], "samples")
    if turn.player == "gen":
        return {"variety": (turn.fake - near).square().mean() * -options.gen}
    change = turn.critic(turn.fake) - turn.critic(near, turn.fake_labels)
    return {"latent": change.square().mean() * options.disc}


def _change(
    turn: Turn, samples: Tensor, labels: Tensor | None, options: TransformOptions
) -> Tensor:
    """The mean square by which scores of samples (B, ...) change with them."""
    transformed = _transformed(samples.detach(), options)
    return (turn.critic(samples, labels) - turn.critic(transformed, labels)).square().mean()


def _transformed(samples: Tensor, options: TransformOptions) -> Tensor:
    if samples.ndim != 4:
        return samples + options.noise * torch.randn_like(samples)
    pictures = flipped(samples) if options.flip else samples
    return shifted(pictures, options.shift)
