"""GAN-CLS: Reed et al. 2016, "Generative adversarial text to image synthesis". A label is a text:
the numbers (L,) of its words."""

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

WORDS = ("a", "left", "right", "point", "above", "below")


class PlacesOptions(Options):
    count: int = Field(256, ge=4, le=100_000, description="Number of points")


class TextOptions(Options):
    width: int = Field(64, ge=1, le=4096, description="Width of every layer")


class Places(Dataset):
    """Points in four corners, each with a text such as "a point left below", as `WORDS`."""

    sample_shape, label_shape, label_values = (2,), (4,), len(WORDS)

    def __len__(self):
        return self.options.count

    def __getitem__(self, index):
        right, above = index % 2, index // 2 % 2
        text = ("a", "point", ("left", "right")[right], ("below", "above")[above])
        noise = np.random.default_rng(index).normal(0, 0.1, 2)
        point = np.array([right * 2 - 1, above * 2 - 1]) + noise
        return point.astype(np.float32), np.array([WORDS.index(word) for word in text])

    def fingerprint(self):
        return f"places-{self.options.count}"


class MatchingAware(Loss):
    """Algorithm 1: the critic learns that a real sample with a wrong text is as false as a
    generated one, -log D(x, h) - (log(1 - D(x, ĥ)) + log(1 - D(x̂, h))) / 2. The wrong text ĥ is
    that of the batch's next sample."""

    needs = ("labels",)

    def terms(self, turn):
        if turn.player == "gen":
            return {"fake": softplus(-turn.critic(turn.fake)).mean()}
        wrong = turn.critic(turn.real, turn.labels.roll(1, dims=0))
        return {
            "real": softplus(-turn.critic(turn.real)).mean(),
            "wrong": softplus(wrong).mean() / 2,
            "fake": softplus(turn.critic(turn.fake)).mean() / 2,
        }


class TextGenerator(Generator):
    """Of latents beside a text that a recurrent layer has read."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.text = Reader(options, shapes)
        first = nn.Linear(shapes.latent_dim + options.width, options.width)
        last = nn.Linear(options.width, math.prod(shapes.sample))
        self.layers = nn.Sequential(first, nn.ReLU(), last)

    def forward(self, latents, labels=None):
        samples = self.layers(torch.cat([latents, self.text(labels)], dim=1))
        return self.shapes.bound(samples.unflatten(1, self.shapes.sample))


class TextDiscriminator(Discriminator):
    """Scores (B,) of samples beside their texts."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.text = Reader(options, shapes)
        first = nn.Linear(math.prod(shapes.sample) + options.width, options.width)
        self.layers = nn.Sequential(first, nn.LeakyReLU(0.2), nn.Linear(options.width, 1))

    def forward(self, samples, labels=None):
        return self.layers(torch.cat([samples.flatten(1), self.text(labels)], dim=1)).squeeze(1)


class Reader(nn.Module):
    """Texts (B, L) to vectors (B, width)."""

    def __init__(self, options, shapes):
        super().__init__()
        if len(shapes.label) != 1 or not shapes.label_values:
            raise ShapesError("it needs data whose labels are texts (L,)")
        self.words = nn.Embedding(shapes.label_values, options.width)
        self.layer = nn.GRU(options.width, options.width, batch_first=True)

    def forward(self, labels):
        return self.layer(self.words(labels))[1][0]


@hookimpl
def ganfw_components():
    text = "gan_cls:TextOptions"
    return [
        Component("dataset", "places", "gan_cls:Places", "gan_cls:PlacesOptions", "Told places"),
        Component("loss", "gan-cls", "gan_cls:MatchingAware", summary="Wrong texts are false too"),
        Component("generator", "text", "gan_cls:TextGenerator", text, "A sample for a text"),
        Component("discriminator", "text", "gan_cls:TextDiscriminator", text, "Reads the text"),
    ]
