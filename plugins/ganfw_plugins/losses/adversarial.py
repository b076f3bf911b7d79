"""Adversarial losses over logits. Scores are (B,); every term is a mean over the batch."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import relu, softplus

from ganfw import Critic, Loss, Terms


class NonSaturating(Loss):
    """Goodfellow et al. 2014, sec. 3: -log D(x) - log(1 - D(G(z))), halved as in D2L 20.1.4;
    the generator minimises -log D(G(z)). With D = sigmoid(score), -log D = softplus(-score)."""

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {
            "real": softplus(-critic(real)).mean() / 2,
            "fake": softplus(critic(fake)).mean() / 2,
        }

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": softplus(-critic(fake)).mean()}


class Minimax(NonSaturating):
    """Goodfellow et al. 2014, eq. 1: the generator minimises log(1 - D(G(z))), whose gradient
    vanishes where the discriminator is sure."""

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": -softplus(critic(fake)).mean()}


class LeastSquares(Loss):
    """Mao et al. 2017, eq. 9: labels 0 and 1, the generator aims at 1."""

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {
            "real": (critic(real) - 1).square().mean() / 2,
            "fake": critic(fake).square().mean() / 2,
        }

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": (critic(fake) - 1).square().mean() / 2}


class Hinge(Loss):
    """Lim & Ye 2017; Zhang et al. 2019, eq. 4."""

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {
            "real": relu(1 - critic(real)).mean(),
            "fake": relu(1 + critic(fake)).mean(),
        }

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": -critic(fake).mean()}


class Wasserstein(Loss):
    """Arjovsky et al. 2017, eq. 2: a difference of means. The critic must be kept Lipschitz by
    something else, such as the loss gradient-penalty."""

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"real": -critic(real).mean(), "fake": critic(fake).mean()}

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": -critic(fake).mean()}


class RelativisticPairing(Loss):
    """RpGAN (Jolicoeur-Martineau 2019) as Huang et al. 2024 (R3GAN), eq. 1, minimise it: is each
    real sample more real than the fake one beside it? Non-saturating; add r1 and r2."""

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"pairs": softplus(critic(fake) - critic(real)).mean()}

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"pairs": softplus(critic(real) - critic(fake)).mean()}
