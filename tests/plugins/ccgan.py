"""CcGAN: Ding et al. 2021, "CcGAN: continuous conditional generative adversarial networks for image
generation". A label is a vector (K,) of numbers, such as an angle."""

import math

import numpy as np
import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import softplus

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


class CircleOptions(Options):
    count: int = Field(256, ge=1, le=100_000, description="Number of points")


class VicinalOptions(Options):
    std: float = Field(0.05, ge=0, le=10, description="σ of the noise added to labels")
    nu: float = Field(400.0, ge=0, le=1e6, description="ν: how near a label must be")


class Width(Options):
    width: int = Field(64, ge=1, le=4096, description="Width of the hidden layer")


class Circle(Dataset):
    """Points on a circle, each labelled by its angle as a part of a whole turn."""

    sample_shape, label_shape = (2,), (1,)

    def __len__(self):
        return self.options.count

    def __getitem__(self, index):
        label = np.random.default_rng(index).random(1, np.float32)
        angle = 2 * math.pi * label
        return np.concatenate([np.cos(angle), np.sin(angle)]).astype(np.float32), label

    def fingerprint(self):
        return f"circle-{self.options.count}"


class Vicinal(Loss):
    """Eqs. 9 and 10 (SVDL), within a batch: for a label y + ε, ε ~ N(0, σ²), the sample i stands by
    chance in proportion to exp(-ν ‖yᵢ - (y + ε)‖²). The generator makes samples for y + ε."""

    needs = ("labels",)

    def terms(self, turn):
        wanted = turn.labels + self.options.std * torch.randn_like(turn.labels)
        if turn.player == "gen":
            fake = turn.generate(turn.latents, wanted)["samples"]
            return {"fake": softplus(-turn.critic(fake, wanted)).mean()}
        real = turn.real[self.nearby(wanted, turn.labels)]
        fake = turn.fake[self.nearby(wanted, turn.fake_labels)]
        return {
            "real": softplus(-turn.critic(real, wanted)).mean(),
            "fake": softplus(turn.critic(fake, wanted)).mean(),
        }

    def nearby(self, wanted, labels):
        distances = torch.cdist(wanted.flatten(1), labels.flatten(1)).square()
        return (-self.options.nu * distances).softmax(1).multinomial(1).squeeze(1)


class Continuous(Generator):
    """Latents beside a label (K,), which a linear layer embeds."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        numbers(shapes)
        first = nn.Linear(shapes.latent_dim + math.prod(shapes.label), options.width)
        last = nn.Linear(options.width, math.prod(shapes.sample))
        self.layers = nn.Sequential(first, nn.ReLU(), last)

    def forward(self, latents, labels=None):
        samples = self.layers(torch.cat([latents, labels.flatten(1)], dim=1))
        return self.shapes.bound(samples.unflatten(1, self.shapes.sample))


class ContinuousDiscriminator(Discriminator):
    """Label projection (section 2.3): ψ(h) + ⟨h, V y⟩, with h the features of a sample."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        numbers(shapes)
        first = nn.Linear(math.prod(shapes.sample), options.width)
        self.features = nn.Sequential(first, nn.LeakyReLU(0.2))
        self.score = nn.Linear(options.width, 1)
        self.of_label = nn.Linear(math.prod(shapes.label), options.width)

    def forward(self, samples, labels=None):
        features = self.features(samples.flatten(1))
        return self.score(features).squeeze(1) + (self.of_label(labels) * features).sum(1)


def numbers(shapes):
    if len(shapes.label) != 1:
        raise ShapesError("it needs data whose labels are numbers (K,)")


@hookimpl
def ganfw_components():
    width, file = "ccgan:Width", "ccgan"
    return [
        Component("dataset", "circle", f"{file}:Circle", f"{file}:CircleOptions", "Angles"),
        Component("loss", "vicinal", f"{file}:Vicinal", f"{file}:VicinalOptions",
                  "Samples of near labels count too"),
        Component("generator", "continuous", f"{file}:Continuous", width, "A sample for numbers"),
        Component("discriminator", "continuous", f"{file}:ContinuousDiscriminator", width,
                  "Numbers by projection"),
    ]  # fmt: skip
