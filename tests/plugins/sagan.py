"""SAGAN: Zhang et al. 2019, "Self-attention generative adversarial networks". With the loss
hinge."""

import torch
from pydantic import Field
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from ganfw import Component, Discriminator, Generator, Options, hookimpl


class Width(Options):
    channels: int = Field(64, ge=8, le=1024, multiple_of=8, description="Width of every map")


class Attention(nn.Module):
    """Eqs. 1-3: sᵢⱼ = f(xᵢ)ᵀ g(xⱼ), β = softmax of s over i, o = v(Σᵢ βⱼᵢ h(xᵢ)), y = γ o + x."""

    def __init__(self, channels):
        super().__init__()
        f, g, h = (spectral_norm(nn.Conv2d(channels, channels // 8, 1)) for _ in range(3))
        self.f, self.g, self.h = f, g, h
        self.v = spectral_norm(nn.Conv2d(channels // 8, channels, 1))
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, features):
        f, g, h = (layer(features).flatten(2) for layer in (self.f, self.g, self.h))
        attended = h @ (f.mT @ g).softmax(dim=1)
        return self.gamma * self.v(attended.unflatten(2, features.shape[2:])) + features


class SAGANGenerator(Generator):
    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        base, doublings = shapes.halvings()
        width = options.channels
        layers = [nn.ConvTranspose2d(shapes.latent_dim, width, base)]
        for i in range(doublings):
            up = spectral_norm(nn.ConvTranspose2d(width, width, 4, 2, 1))
            layers += [nn.BatchNorm2d(width), nn.ReLU(), up]
            layers += [Attention(width)] if i == doublings // 2 else []
        paint = nn.Conv2d(width, shapes.sample[0], 3, padding=1)
        self.layers = nn.Sequential(*layers, nn.BatchNorm2d(width), nn.ReLU(), paint)

    def forward(self, latents, labels=None):
        return self.shapes.bound(self.layers(latents[:, :, None, None]))


class SAGANDiscriminator(Discriminator):
    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        base, halvings = shapes.halvings()
        width, layers = options.channels, []
        for i in range(halvings):
            inputs = width if i else shapes.sample[0]
            layers += [spectral_norm(nn.Conv2d(inputs, width, 4, 2, 1)), nn.LeakyReLU(0.1)]
            layers += [Attention(width)] if i == halvings // 2 - 1 else []
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(width, 1, base)))

    def forward(self, samples, labels=None):
        return self.layers(samples).flatten()


@hookimpl
def ganfw_components():
    network = {"options": "sagan:Width", "summary": "Convolutions with a self-attention block"}
    rates = {"lr": (1e-4, 4e-4), "betas": ((0.0, 0.9), (0.0, 0.9))}
    gen, disc = (
        {f"{slot}.optimizer.{key}": pair[i] for key, pair in rates.items()}
        for i, slot in enumerate(("gen", "disc"))
    )
    return [
        Component("generator", "sagan", "sagan:SAGANGenerator", suggests=gen, **network),
        Component("discriminator", "sagan", "sagan:SAGANDiscriminator", suggests=disc, **network),
    ]
