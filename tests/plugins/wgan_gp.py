"""WGAN-GP: Gulrajani et al. 2017, "Improved training of Wasserstein GANs"."""

import torch
from pydantic import Field

from ganfw import Component, Loss, Options, hookimpl


class WGANGPOptions(Options):
    strength: float = Field(10.0, ge=0, le=1e6, description="λ, the factor of the penalty")


class WGANGP(Loss):
    """Eq. 3: E D(x̃) - E D(x) + λ E (‖∇D(x̂)‖ - 1)², x̂ on the line from a real x to a fake x̃."""

    def discriminator_terms(self, critic, real, fake):
        share = torch.rand_like(real.flatten(1)[:, :1]).view(-1, *[1] * (real.ndim - 1))
        between = torch.lerp(real, fake, share).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        excess = gradient.flatten(1).norm(dim=1) - 1
        return {
            "distance": critic(fake).mean() - critic(real).mean(),
            "penalty": self.options.strength * excess.square().mean(),
        }

    def generator_terms(self, critic, real, fake):
        return {"distance": -critic(fake).mean()}


@hookimpl
def ganfw_components():
    return [
        Component(
            "loss",
            "wgan-gp",
            "wgan_gp:WGANGP",
            options="wgan_gp:WGANGPOptions",
            summary="Wasserstein distance with a gradient penalty, in one",
            suggests={"train.disc_steps": 5},
        )
    ]
