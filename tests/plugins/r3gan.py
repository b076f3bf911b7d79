"""R3GAN's loss: Huang et al. 2024, "The GAN is dead; long live the GAN!"."""

import torch
from pydantic import Field
from torch.nn.functional import softplus

from ganfw import Component, Loss, Options, hookimpl


class R3GANOptions(Options):
    r1: float = Field(1.0, ge=0, le=1e6, description="γ of the penalty at real samples")
    r2: float = Field(1.0, ge=0, le=1e6, description="γ of the penalty at generated samples")


class R3GAN(Loss):
    """RpGAN + R1 + R2: E f(D(x̃) - D(x)) + γ/2 E ‖∇D(x)‖² + γ/2 E ‖∇D(x̃)‖², f = softplus; the
    generator minimises E f(D(x) - D(x̃)) (section 2)."""

    needs_gradient_at = ("real", "fake")

    def discriminator_terms(self, critic, real, fake):
        return {
            "pairs": softplus(critic(fake) - critic(real)).mean(),
            "r1": self.options.r1 / 2 * squared_gradient(critic(real), real),
            "r2": self.options.r2 / 2 * squared_gradient(critic(fake), fake),
        }

    def generator_terms(self, critic, real, fake):
        return {"pairs": softplus(critic(real) - critic(fake)).mean()}


def squared_gradient(scores, samples):
    (gradient,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
    return gradient.flatten(1).square().sum(1).mean()


@hookimpl
def ganfw_components():
    options, summary = "r3gan:R3GANOptions", "Relativistic pairs with both gradient penalties"
    return [Component("loss", "r3gan", "r3gan:R3GAN", options, summary)]
