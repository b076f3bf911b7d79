"""FastGAN's losses: hinge with random margins, and self-supervision."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu

from ganfw import Critic, Loss, Terms, tensor_of

from .options import RandomHingeOptions, ReconstructionOptions


class RandomHinge(Loss):
    """Liu et al. 2021, equations 3 and 4, with the margins of their code: in place of 1 each is
    drawn from 1 - spread..1, so that no score is sure to lie beyond its margin."""

    options: RandomHingeOptions

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        above, below = critic(real), critic(fake)
        return {
            "real": relu(self._margins(above) - above).mean(),
            "fake": relu(self._margins(below) + below).mean(),
        }

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": -critic(fake).mean()}

    def _margins(self, scores: Tensor) -> Tensor:
        return 1 - self.options.spread * torch.rand_like(scores)


class Reconstruction(Loss):
    """Liu et al. 2021, equation 2: L = E |G(f) - T(x)| over real x, where f are the discriminator's
    features of x, G a decoder and T(x) what it is to rebuild; summed over the K decoders, whose
    pictures ``"decoded"`` and ``"targets"`` are (B, K, C, H, W).

    The paper measures the distance by LPIPS, which needs a trained network; this one is the mean
    absolute difference of pixels.
    """

    options: ReconstructionOptions
    needs: ClassVar[tuple[str, ...]] = ("disc.decoded", "disc.targets")

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        given = critic.all(real)
        apart = tensor_of(given, "decoded") - tensor_of(given, "targets")
        return {"real": apart.abs().mean((0, 2, 3, 4)).sum() * self.options.strength}
