"""Penalties on the critic's gradient: losses with discriminator terms only."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from ganfw import Critic, Loss, Terms, Turn

from .options import GammaOptions


class R1(Loss):
    """Mescheder et al. 2018, eq. 9: gamma/2 · E |∇D(x)|² over real x. For ``relative`` see
    `strength`."""

    needs_gradient_at: ClassVar[tuple[Literal["real", "fake"], ...]] = ("real",)

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        gradient = _input_gradient(critic(real), real)
        return {"penalty": gradient.square().sum(1).mean() * strength(self.options, real)}


class R2(Loss):
    """Mescheder et al. 2018, eq. 9, over generated x: gamma/2 · E |∇D(x)|²."""

    needs_gradient_at: ClassVar[tuple[Literal["real", "fake"], ...]] = ("fake",)

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        gradient = _input_gradient(critic(fake), fake)
        return {"penalty": gradient.square().sum(1).mean() * strength(self.options, real)}


class GradientPenalty(Loss):
    """Gulrajani et al. 2017, eq. 3: strength · E (|∇D(x̂)| - 1)², x̂ between a real and a fake.

    It needs a forward pass of its own, with the labels of real samples. With batch norm in the
    critic, a gradient depends on the whole batch, which the formula does not intend.
    """

    def terms(self, turn: Turn) -> Terms:
        if turn.player == "gen":
            return {}
        real, fake = turn.real.detach(), turn.fake.detach()
        position = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)
        between = torch.lerp(real, fake, position.to(real)).requires_grad_()
        norms = _input_gradient(turn.critic(between, turn.labels), between).norm(dim=1)
        return {"penalty": (norms - self.options.target).square().mean() * self.options.strength}


def strength(options: GammaOptions, real: Tensor) -> float | Tensor:
    """gamma/2; if it is ``relative``, times the mean over all values of their variance over the
    batch ``real`` (B, ...). Data scaled by c has gradients scaled by 1/c, and a penalty scaled by
    1/c², which the variance cancels: one gamma then fits faint pictures and bold ones."""
    if not options.relative:
        return options.gamma / 2
    return real.detach().var(dim=0, correction=0).mean() * (options.gamma / 2)


def _input_gradient(scores: Tensor, samples: Tensor) -> Tensor:
    """The gradient of each score at its own sample, (B, ...) flattened to (B, F)."""
    (gradient,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
    return gradient.flatten(1)
