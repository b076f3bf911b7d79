"""LOGAN: both players learn from samples whose latents the critic has improved by one step."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganfw import Loss, Output, Terms, Turn, UsageError, tensor_of

from .adversarial import BASES
from .options import LOGANOptions


class LOGAN(Loss):
    """Wu et al. 2019, algorithm 1: the loss ``base`` over samples G(z + Δz), with a step of natural
    gradient descent, damped by β, towards higher scores:

        Δz = α g / (β + |g|²),  g = ∂D(G(z)) / ∂z.

    Both players' gradients go through Δz too. To each objective is added strength · E |Δz|². Only
    a ``share`` of the batch is moved. With ``bound`` latents are clipped afterwards; the paper,
    whose latents are drawn from a cube, has 1. Rate and damping are the paper's; share and strength
    those of Kang et al. 2023 (StudioGAN).

    Losses beside it see samples of the latents as drawn, and so do users of the trained generator.
    """

    options: LOGANOptions

    def __init__(self, options: LOGANOptions) -> None:
        super().__init__(options)
        self.base = BASES[options.base](options)

    def terms(self, turn: Turn) -> Terms:
        step = self._step(turn)
        latents, bound = turn.latents + step, self.options.bound
        fake = _generated(turn, latents if bound is None else latents.clamp(-bound, bound))
        critic = _Critic(turn, fake)
        base = self.base.discriminator_terms
        if turn.player == "gen":
            base = self.base.generator_terms
        cost = step.square().sum() / len(step)
        return {**base(critic, turn.real, fake), "step": cost * self.options.strength}

    def _step(self, turn: Turn) -> Tensor:
        """Δz, of the shape of the latents; 0 beyond the share of them that is moved. Raises
        UsageError for a generator that makes nothing of latents."""
        latents = turn.latents.detach().requires_grad_()
        scores = turn.critic(_generated(turn, latents), turn.fake_labels)
        total = scores.mean() * len(scores)  # over patches a mean, over samples a sum
        (gradient,) = torch.autograd.grad(total, latents, create_graph=True, allow_unused=True)
        if gradient is None:
            raise UsageError("the generator makes nothing of its latents: leave loss 'logan' out")
        length, shape = len(latents), (-1, *[1] * (latents.ndim - 1))
        squares = gradient.flatten(1).square().sum(1).view(shape)
        moved = torch.arange(length, device=latents.device) < round(self.options.share * length)
        rate = self.options.rate * moved.view(shape)
        return rate * gradient / (self.options.damping + squares)


def _generated(turn: Turn, latents: Tensor) -> Tensor:
    """Samples of ``latents``, with a graph in the discriminator's turn too."""
    return tensor_of(turn.forward("gen", latents, turn.fake_labels), "samples")


class _Critic:
    """The turn's critic, which knows the labels of ``fake``."""

    def __init__(self, turn: Turn, fake: Tensor) -> None:
        self.turn = turn
        self.fake = fake

    def __call__(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.turn.critic(samples, self._labels(samples, labels))

    def all(self, samples: Tensor, labels: Tensor | None = None) -> Mapping[str, Output]:
        return self.turn.critic.all(samples, self._labels(samples, labels))

    def _labels(self, samples: Tensor, labels: Tensor | None) -> Tensor | None:
        return self.turn.fake_labels if samples is self.fake else labels
