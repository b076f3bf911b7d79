"""DRAGAN: Kodali et al. 2017, "On convergence and stability of GANs"."""

import torch
from pydantic import Field

from ganfw import Component, Loss, Options, hookimpl


class DRAGANOptions(Options):
    strength: float = Field(10.0, ge=0, le=1e6, description="λ, the factor of the penalty")
    target: float = Field(1.0, ge=0, le=1e3, description="k, the gradient norm aimed for")
    noise: float = Field(0.5, ge=0, le=100, description="Size of the noise, in deviations of data")


class DRAGAN(Loss):
    """Section 2: λ E (‖∇D(x + δ)‖ - k)², δ noise around real samples x."""

    def discriminator_terms(self, critic, real, fake):
        noise = torch.rand_like(real) * real.std(correction=0) * self.options.noise
        near = (real + noise).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(critic(near).sum(), near, create_graph=True)
        excess = gradient.flatten(1).norm(dim=1) - self.options.target
        return {"penalty": self.options.strength * excess.square().mean()}


@hookimpl
def ganfw_components():
    options, summary = "dragan:DRAGANOptions", "Penalty on gradient norms around real samples"
    return [Component("loss", "dragan", "dragan:DRAGAN", options=options, summary=summary)]
