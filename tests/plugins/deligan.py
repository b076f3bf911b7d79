"""Gurumurthy et al. 2017, "DeLiGAN: generative adversarial networks for diverse and limited data":
latents from a mixture of Gaussians that is learnt."""

import math

import torch
from pydantic import Field
from torch import nn

from ganfw import Component, Generator, Options, hookimpl


class DeLiGANOptions(Options):
    components: int = Field(50, ge=1, le=10_000, description="Gaussians in the mixture")
    width: int = Field(64, ge=1, le=4096, description="Width of the hidden layer")
    std: float = Field(0.2, gt=0, le=10, description="Deviation that each Gaussian starts with")


class DeLiGAN(Generator):
    """Section 3: z = μᵢ + σᵢ η, η ~ N(0, I), i uniform. A latent (Z + 1) is η, and then i."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        size = (options.components, shapes.latent_dim)
        self.means = nn.Parameter(torch.rand(size) * 2 - 1)
        self.stds = nn.Parameter(torch.full(size, options.std))
        self.layers = nn.Sequential(
            nn.Linear(shapes.latent_dim, options.width),
            nn.ReLU(),
            nn.Linear(options.width, math.prod(shapes.sample)),
        )

    def draw_latents(self, count, random):
        size, device = (count, self.shapes.latent_dim), random.device
        noise = torch.randn(size, generator=random, device=device)
        chosen = torch.randint(len(self.means), (count, 1), generator=random, device=device)
        return torch.cat([noise, chosen], dim=1)

    def forward(self, latents, labels=None):
        noise, chosen = latents[:, :-1], latents[:, -1].long()
        mixed = self.means[chosen] + self.stds[chosen] * noise
        return self.shapes.bound(self.layers(mixed).unflatten(1, self.shapes.sample))


@hookimpl
def ganfw_components():
    options, summary = "deligan:DeLiGANOptions", "Latents from a mixture that is learnt"
    return [Component("generator", "deligan", "deligan:DeLiGAN", options, summary)]
