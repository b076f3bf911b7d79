"""FastGAN's self-supervision."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ganfw import Critic, Loss, Terms, tensor_of


class Reconstruction(Loss):
    """Liu et al. 2021, equation 2: L = E |G(f) - T(x)| over real x, where f are the discriminator's
    features of x, G a decoder and T(x) what it is to rebuild: summed over its decoders.

    The paper measures the distance by LPIPS, which needs a trained network; this one is the mean
    absolute difference of pixels.
    """

    needs: ClassVar[tuple[str, ...]] = ("disc.decoded", "disc.targets")

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        given = critic.all(real)
        apart = tensor_of(given, "decoded") - tensor_of(given, "targets")
        return {"real": apart.abs().mean((0, 2, 3, 4)).sum() * self.options.strength}
