"""Odena et al. 2017, "Conditional image synthesis with auxiliary classifier GANs": generator."""

from pydantic import Field
from torch import nn

from ganfw import Component, Generator, Options, ShapesError, hookimpl


class Width(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every map")


class ACGANGenerator(Generator):
    """The class is embedded and multiplied with the latents."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        base, doublings = conditional(shapes)
        width = options.channels
        self.embed = nn.Embedding(shapes.classes, shapes.latent_dim)
        layers = [nn.ConvTranspose2d(shapes.latent_dim, width, base)]
        for i in range(doublings):
            outputs = shapes.sample[0] if i == doublings - 1 else width
            up = nn.ConvTranspose2d(width, outputs, 4, 2, 1)
            layers += [nn.BatchNorm2d(width), nn.ReLU(), up]
        self.layers = nn.Sequential(*layers)

    def forward(self, latents, labels=None):
        mixed = latents * self.embed(labels)
        return self.shapes.bound(self.layers(mixed[:, :, None, None]))


def conditional(shapes):
    if not shapes.classes:
        raise ShapesError("it needs data with classes")
    return shapes.halvings()


@hookimpl
def ganfw_components():
    summary = "Latents times an embedded class"
    return [Component("generator", "acgan", "acgan:ACGANGenerator", "acgan:Width", summary)]
