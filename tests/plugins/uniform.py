"""Latents from a uniform distribution on a cube, as in Radford et al. 2016 (DCGAN), section 4."""

import math

import torch
from torch import nn

from ganfw import Component, Generator, hookimpl


class Uniform(Generator):
    """Latents in (-1, 1), and two layers after them."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        first = nn.Linear(shapes.latent_dim, 64)
        self.layers = nn.Sequential(first, nn.ReLU(), nn.Linear(64, math.prod(shapes.sample)))

    def draw_latents(self, count, random):
        size = (count, self.shapes.latent_dim)
        return torch.rand(size, generator=random, device=random.device) * 2 - 1

    def forward(self, latents, labels=None):
        return self.shapes.bound(self.layers(latents).unflatten(1, self.shapes.sample))


@hookimpl
def ganfw_components():
    return [Component("generator", "uniform", "uniform:Uniform", summary="Uniform latents")]
