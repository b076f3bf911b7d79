"""Projected GANs: Sauer et al. 2021, "Projected GANs converge faster"; here on random features, so
that no weights are downloaded."""

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import interpolate, relu
from torch.nn.utils.parametrizations import spectral_norm

from ganfw import Component, Discriminator, Options, hookimpl


class ProjectedOptions(Options):
    features: int = Field(32, ge=4, le=1024, description="Width of the frozen maps")
    channels: int = Field(64, ge=4, le=1024, description="Width of the heads")


class Pyramid(nn.Module):
    """Frozen: a map of features for each halving, mixed at random over channels and over scales,
    from the smallest to the largest (section 3.2)."""

    def __init__(self, channels, width, levels):
        super().__init__()
        inputs = [channels, *[width] * (levels - 1)]
        self.features = nn.ModuleList(nn.Conv2d(count, width, 4, 2, 1) for count in inputs)
        self.mixers = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in inputs)
        self.requires_grad_(False)

    def forward(self, samples):
        maps, mixed = [samples], []
        for layer in self.features:
            maps.append(relu(layer(maps[-1])))
        for mixer, level in zip(self.mixers[::-1], maps[:0:-1], strict=True):
            below = interpolate(mixed[-1], level.shape[2:]) if mixed else 0
            mixed.append(mixer(level) + below)
        return mixed


class ProjectedDiscriminator(Discriminator):
    """Eq. 2: a discriminator for each projection, whose losses are summed: here one mean over all
    scores (B, N) of all patches at all levels."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        _, levels = shapes.halvings()
        self.pyramid = Pyramid(shapes.sample[0], options.features, levels)
        self.heads = nn.ModuleList(head(options) for _ in range(levels))

    def forward(self, samples, labels=None):
        levels = zip(self.heads, self.pyramid(samples), strict=True)
        return torch.cat([head(level).flatten(1) for head, level in levels], dim=1)


def head(options):
    first = spectral_norm(nn.Conv2d(options.features, options.channels, 3, padding=1))
    return nn.Sequential(first, nn.LeakyReLU(0.2), spectral_norm(nn.Conv2d(options.channels, 1, 3)))


@hookimpl
def ganfw_components():
    options, summary = "projected:ProjectedOptions", "Patch heads on a frozen feature pyramid"
    target = "projected:ProjectedDiscriminator"
    return [Component("discriminator", "projected", target, options, summary)]
