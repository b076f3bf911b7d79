"""pix2pix: Isola et al. 2017, "Image-to-image translation with conditional adversarial networks".
A sample is an output picture, its label the input picture. The game is the loss nonsaturating."""

import numpy as np
import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import dropout, leaky_relu, relu

from ganfw import (
    Component,
    Dataset,
    Discriminator,
    Generator,
    Loss,
    Options,
    ShapesError,
    hookimpl,
)


class BoxesOptions(Options):
    count: int = Field(256, ge=1, le=100_000, description="Pairs of pictures")
    size: int = Field(32, ge=16, le=256, description="Sides of a picture")


class L1Options(Options):
    strength: float = Field(100.0, ge=0, le=1e4, description="λ, the factor of the term")


class Width(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every map")


class Boxes(Dataset):
    """Filled boxes, each labelled by its outline."""

    value_range = (-1.0, 1.0)

    def prepare(self):
        self.sample_shape = self.label_shape = (1, self.options.size, self.options.size)

    def __len__(self):
        return self.options.count

    def __getitem__(self, index):
        random, side = np.random.default_rng(index), self.options.size
        top, left = random.integers(0, side // 2, 2)
        height, width = random.integers(4, side // 2, 2)
        filled = np.zeros(self.sample_shape, np.uint8)
        filled[:, top : top + height, left : left + width] = 255
        outline = filled.copy()
        outline[:, top + 1 : top + height - 1, left + 1 : left + width - 1] = 0
        return filled, outline

    def fingerprint(self):
        return f"boxes-{self.options.count}-{self.options.size}"


class L1(Loss):
    """Eq. 3: λ E ‖y - G(x, z)‖₁, where y is the sample that belongs to the label x."""

    needs = ("labels.paired",)

    def generator_terms(self, critic, real, fake):
        return {"distance": self.options.strength * (real - fake).abs().mean()}


class UNet(Generator):
    """Section 3.2.1: each map on the way down is beside the one of its size on the way up. Noise
    is dropout alone (section 3.1), so that latents are not used."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        halvings = translated(shapes)
        width, ups = options.channels, range(halvings)
        self.down = nn.ModuleList(
            nn.Conv2d(width if i else shapes.label[0], width, 4, 2, 1) for i in ups
        )
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(
                2 * width if i else width, width if i < halvings - 1 else shapes.sample[0], 4, 2, 1
            )
            for i in ups
        )

    def forward(self, latents, labels=None):
        maps = [labels]
        for layer in self.down:
            maps.append(leaky_relu(layer(maps[-1]), 0.2))
        features = maps.pop()
        for layer, beside in zip(self.up, [*maps[:0:-1], None], strict=True):
            features = layer(features)
            if beside is not None:
                features = torch.cat([dropout(relu(features), 0.5, self.training), beside], dim=1)
        return self.shapes.bound(features)


class PatchGAN(Discriminator):
    """Section 3.2.2: scores (B, N) of overlapping patches of the sample beside its label."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        translated(shapes)
        width, inputs = options.channels, shapes.sample[0] + shapes.label[0]
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, width, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(width, width, 4, 2, 1), nn.BatchNorm2d(width), nn.LeakyReLU(0.2),
            nn.Conv2d(width, 1, 3, 1, 1), nn.Flatten(),
        )  # fmt: skip

    def forward(self, samples, labels=None):
        return self.layers(torch.cat([samples, labels], dim=1))


def translated(shapes):
    """The number of halvings of pictures whose labels are pictures."""
    if len(shapes.label) != 3:
        raise ShapesError("it needs pictures whose labels are pictures")
    return shapes.halvings()[1]


@hookimpl
def ganfw_components():
    width, file = "pix2pix:Width", "pix2pix"
    return [
        Component("dataset", "boxes", f"{file}:Boxes", f"{file}:BoxesOptions",
                  "Filled boxes, labelled by their outlines"),
        Component("loss", "l1", f"{file}:L1", f"{file}:L1Options", "Distance to the real sample"),
        Component("generator", "unet", f"{file}:UNet", width, "A picture of the label's picture"),
        Component("discriminator", "patchgan", f"{file}:PatchGAN", width,
                  "Scores of patches of a sample beside its label"),
    ]  # fmt: skip
