"""Penalties on the critic's gradient: losses with discriminator terms only."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from ganfw import Critic, Loss, Terms, Turn

from .options import DraganOptions, GammaOptions, MaxGradientPenaltyOptions


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
        norms = _gradient_at(turn, _between(turn.real, turn.fake)).norm(dim=1)
        return {"penalty": (norms - self.options.target).square().mean() * self.options.strength}


class MaxGradientPenalty(Loss):
    """Zhou et al. 2019, section 5 (MaxGP): strength · max |∇D(x̂)|², x̂ between a real sample and a
    fake one. The maximum is the batch's: it bounds D's Lipschitz constant, not its mean slope."""

    options: MaxGradientPenaltyOptions

    def terms(self, turn: Turn) -> Terms:
        if turn.player == "gen":
            return {}
        gradient = _gradient_at(turn, _between(turn.real, turn.fake))
        return {"penalty": gradient.square().sum(1).max() * self.options.strength}


class Dragan(Loss):
    """Kodali et al. 2017, section 2.3 (DRAGAN): strength · E (|∇D(x + δ)| - k)², δ normal noise
    around real samples x. Its size is a share of the standard deviation of all their values."""

    options: DraganOptions

    def terms(self, turn: Turn) -> Terms:
        if turn.player == "gen":
            return {}
        real = turn.real.detach()
        near = real + torch.randn_like(real) * real.std(correction=0) * self.options.noise
        norms = _gradient_at(turn, near).norm(dim=1)
        return {"penalty": (norms - self.options.target).square().mean() * self.options.strength}


def strength(options: GammaOptions, real: Tensor) -> float | Tensor:
    """gamma/2; if it is ``relative``, times the sum over all values of their variance over the
    batch ``real`` (B, ...). Data scaled by c has gradients scaled by 1/c, and a penalty scaled by
    1/c², which the variance cancels. Pictures of n times the pixels have gradients of 1/n at each
    of them, and a penalty of 1/n, which the sum cancels: one gamma then fits faint pictures and
    bold ones, small and large."""
    if not options.relative:
        return options.gamma / 2
    real = real.detach()
    # Not var(dim=0), which takes ten times as long on a CPU.
    variance = (real - real.mean(0)).square().mean(0)
    return variance.sum() * (options.gamma / 2)


def _between(real: Tensor, fake: Tensor) -> Tensor:
    """A point on the line between each real sample (B, ...) and the fake one beside it."""
    position = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)
    return torch.lerp(real.detach(), fake.detach(), position.to(real))


def _gradient_at(turn: Turn, samples: Tensor) -> Tensor:
    """The critic's gradient at new samples (B, ...) that take the real ones' labels; (B, F)."""
    samples.requires_grad_()
    return _input_gradient(turn.critic(samples, turn.labels), samples)


def _input_gradient(scores: Tensor, samples: Tensor) -> Tensor:
    """The gradient of each score at its own sample, (B, ...) flattened to (B, F)."""
    (gradient,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
    return gradient.flatten(1)
