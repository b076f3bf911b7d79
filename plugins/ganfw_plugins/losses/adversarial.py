"""Adversarial losses over logits. Scores are (B,); every term is a mean over the batch."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import relu, softplus

from ganfw import Critic, Loss, Terms

from .options import RelativisticAverageOptions


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


BASES: dict[str, type[Loss]] = {
    "nonsaturating": NonSaturating,
    "least-squares": LeastSquares,
    "hinge": Hinge,
    "wasserstein": Wasserstein,
}
"""What other losses can be built on: see `Base`."""


class RelativisticPairing(Loss):
    """RpGAN (Jolicoeur-Martineau 2019) as Huang et al. 2024 (R3GAN), eq. 1, minimise it: is each
    real sample more real than the fake one beside it? Non-saturating; add r1 and r2."""

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"pairs": softplus(critic(fake) - critic(real)).mean()}

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"pairs": softplus(critic(real) - critic(fake)).mean()}


class RelativisticAverage(Loss):
    """Jolicoeur-Martineau 2018, section 4.3 (RaGAN): is a real sample more real than generated ones
    on average, and a generated one less than real ones? The discriminator minimises

        E_x l(C(x) - E C(G(z))) + E_z l(E C(x) - C(G(z))),

    the generator the same with real and generated exchanged. l(m) is softplus(-m) for nonsaturating
    (RaSGAN), (1 - m)² for least-squares (RaLSGAN), max(0, 1 - m) for hinge (RaHingeGAN)."""

    options: RelativisticAverageOptions

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        above, below = self._costs(critic(real), critic(fake))
        return {"real": above, "fake": below}

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        above, below = self._costs(critic(fake), critic(real))
        return {"fake": above, "real": below}

    def _costs(self, high: Tensor, low: Tensor) -> tuple[Tensor, Tensor]:
        """Of scores that should lie above the mean of the others, and of those below."""
        cost = _COST_OF_LEAD[self.options.base]
        return cost(high - low.mean()).mean(), cost(high.mean() - low).mean()


_COST_OF_LEAD: dict[str, Callable[[Tensor], Tensor]] = {
    "nonsaturating": lambda lead: softplus(-lead),
    "least-squares": lambda lead: (1 - lead).square(),
    "hinge": lambda lead: relu(1 - lead),
}


class DualContrastive(Loss):
    """Yu et al. 2021, section 3: tell each real sample from all generated ones of the batch, and
    each generated one from all real ones. The discriminator minimises

        E_x log(1 + Σ_z exp(D(G(z)) - D(x))) + E_z log(1 + Σ_x exp(D(G(z)) - D(x))).

    The generator minimises the same with real and generated exchanged: the opposite of the
    discriminator's objective would give no gradient where the discriminator is sure."""

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        above, below = _contrasts(critic(real), critic(fake))
        return {"real": above, "fake": below}

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        above, below = _contrasts(critic(fake), critic(real))
        return {"fake": above, "real": below}


def _contrasts(high: Tensor, low: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropies of telling each of ``high`` from all of ``low``, and the reverse."""
    behind = low.flatten() - high.flatten()[:, None]
    return softplus(behind.logsumexp(1)).mean(), softplus(behind.logsumexp(0)).mean()
