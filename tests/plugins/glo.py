"""GLO: Bojanowski et al. 2018, "Optimizing the latent space of generative networks": a latent for
each sample is learnt with the generator, and there is no critic."""

import math

import numpy as np
import torch
from pydantic import Field
from torch import nn

from ganfw import (
    Component,
    Dataset,
    Generator,
    Loss,
    Options,
    ShapesError,
    hookimpl,
)


class SpiralOptions(Options):
    count: int = Field(256, ge=2, le=100_000, description="Number of points")


class Width(Options):
    width: int = Field(64, ge=1, le=4096, description="Width of the hidden layer")


class Spiral(Dataset):
    """Points on a spiral. The label of each is its own number: a class of one sample."""

    sample_shape = (2,)

    def prepare(self):
        self.classes = self.options.count

    def __len__(self):
        return self.options.count

    def __getitem__(self, index):
        angle = 4 * math.pi * index / self.options.count
        return np.array([math.cos(angle), math.sin(angle)], np.float32) * angle / 12, index

    def fingerprint(self):
        return f"spiral-{self.options.count}"


class GLO(Loss):
    """Eq. 2: min over θ and z of mean ℓ(g_θ(zᵢ), xᵢ), here with the squared distance. The
    discriminator is not used, and stays as it is: its term is 0."""

    needs = ("labels", "gen.rebuilt")

    def terms(self, turn):
        if turn.player == "disc":
            return {"none": 0 * turn.critic(turn.real).mean()}
        rebuilt = turn.generate(turn.latents, turn.labels)["rebuilt"]
        return {"distance": (rebuilt - turn.real).square().flatten(1).sum(1).mean()}


class GLOGenerator(Generator):
    """Has a latent for each class, in the unit ball (section 2.2), and gives beside the samples
    those ``"rebuilt"`` from these. It draws others from a Gaussian fitted to them (section 3.3)."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        if not shapes.classes:
            raise ShapesError("it needs data whose labels number its samples")
        self.latents = nn.Parameter(torch.randn(shapes.classes, shapes.latent_dim))
        first = nn.Linear(shapes.latent_dim, options.width)
        last = nn.Linear(options.width, math.prod(shapes.sample))
        self.layers = nn.Sequential(first, nn.ReLU(), last)

    def draw_latents(self, count, random):
        known = unit_ball(self.latents)
        values, vectors = torch.linalg.eigh(known.T.cov())
        size = (count, self.shapes.latent_dim)
        noise = torch.randn(size, generator=random, device=random.device).to(known)
        return known.mean(0) + (noise * values.clamp(min=0).sqrt()) @ vectors.T

    def forward(self, latents, labels=None):
        known = latents if labels is None else unit_ball(self.latents[labels])
        return {"samples": self.decode(latents), "rebuilt": self.decode(known)}

    def decode(self, latents):
        return self.shapes.bound(self.layers(latents).unflatten(1, self.shapes.sample))


def unit_ball(latents):
    return latents / latents.norm(dim=1, keepdim=True).clamp(min=1)


@hookimpl
def ganfw_components():
    width, loss = "glo:Width", "Each sample rebuilt from its own latent"
    return [
        Component(
            "dataset", "numbered-spiral", "glo:Spiral", "glo:SpiralOptions", "Points, numbered"
        ),
        Component("loss", "glo", "glo:GLO", summary=loss),
        Component("generator", "glo", "glo:GLOGenerator", width, "Has a latent for each sample"),
    ]
