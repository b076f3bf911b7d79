"""Regularisers of the critic's scores."""

from __future__ import annotations

import torch
from torch import Tensor

from ganfw import Critic, Loss, Terms

from .options import DriftOptions, LeCamOptions


class LeCam(Loss):
    """Tseng et al. 2021, section 3: strength · (E (D(x) - α_F)² + E (D(G(z)) - α_R)²). The anchors
    α_R and α_F are moving averages of the scores of real and of generated samples.

    It needs a loss for which scores themselves mean something; with ``rpgan`` they drift."""

    options: LeCamOptions
    real_mean: Tensor
    fake_mean: Tensor

    def __init__(self, options: LeCamOptions) -> None:
        super().__init__(options)
        self.register_buffer("real_mean", torch.zeros(()))
        self.register_buffer("fake_mean", torch.zeros(()))

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        of_real, of_fake = critic(real), critic(fake)
        for mean, scores in ((self.real_mean, of_real), (self.fake_mean, of_fake)):
            mean.lerp_(scores.detach().mean().to(mean), 1 - self.options.decay)
        to_fake = (of_real - self.fake_mean).square().mean()
        to_real = (of_fake - self.real_mean).square().mean()
        return {"distance": (to_fake + to_real) * self.options.strength}


class Drift(Loss):
    """Karras et al. 2018 (progressive growing), appendix A.1: strength · E D(x)² over real x.
    Scores stay near 0 where the loss itself, such as ``wasserstein``, knows differences alone."""

    options: DriftOptions

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"square": critic(real).square().mean() * self.options.strength}
