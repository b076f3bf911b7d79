"""Label dropping and classifier-free guidance, of Ho & Salimans 2022, "Classifier-free diffusion
guidance", for a GAN. Class K stands for "no label": the networks have K + 1 embeddings."""

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import relu

from ganfw import Component, Discriminator, Generator, Loss, Options, ShapesError, hookimpl


class Width(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every map")


class GeneratorOptions(Width):
    drop: float = Field(0.1, ge=0, le=1, description="Share of labels that are dropped")


def drop(labels, share, none):
    """``labels`` (B,), of which a random ``share`` becomes ``none``."""
    dropped = torch.rand(labels.shape, device=labels.device) < share
    return torch.where(dropped, none, labels)


class GuidedGenerator(Generator):
    """In training it drops labels, and gives those that it used. None for labels is no label."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        base, doublings = conditional(shapes)
        width = options.channels
        self.embed = nn.Embedding(shapes.classes + 1, shapes.latent_dim)
        layers = [nn.ConvTranspose2d(shapes.latent_dim, width, base)]
        for i in range(doublings):
            outputs = shapes.sample[0] if i == doublings - 1 else width
            layers += [
                nn.BatchNorm2d(width),
                nn.ReLU(),
                nn.ConvTranspose2d(width, outputs, 4, 2, 1),
            ]
        self.layers = nn.Sequential(*layers)

    def forward(self, latents, labels=None):
        used = self.unlabelled(latents) if labels is None else labels
        if self.training:
            used = drop(used, self.options.drop, self.shapes.classes)
        return {"samples": self.shapes.bound(self.draw(latents, used)), "labels": used}

    def forward_truncated(self, latents, labels, truncation):
        """Guidance: away from the picture without a label, by 1/truncation (Ho & Salimans 2022,
        eq. 6, with 1 + w = 1/truncation), before the last layer's tanh. A GAN's picture without a
        label may be another one altogether: on MNIST 0.9 changes little, and 0.5 spoils digits."""
        free = self.draw(latents, self.unlabelled(latents))
        if labels is None:
            return self.shapes.bound(free)
        return self.shapes.bound(free + (self.draw(latents, labels) - free) / truncation)

    def draw(self, latents, labels):
        mixed = latents * self.embed(labels)
        return self.layers(mixed[:, :, None, None])

    def unlabelled(self, latents):
        return torch.full((len(latents),), self.shapes.classes, device=latents.device)


class GuidedDiscriminator(Discriminator):
    """Classes by projection (Miyato & Koyama 2018), and one more for "no label"."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        (height, width), halvings = conditional(shapes)
        layers = []
        for i in range(halvings):
            inputs = options.channels if i else shapes.sample[0]
            layers += [nn.Conv2d(inputs, options.channels, 4, 2, 1), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.score = nn.Linear(options.channels * height * width, 1)
        self.of_class = nn.Embedding(shapes.classes + 1, self.score.in_features)
        nn.init.normal_(self.of_class.weight, std=self.score.in_features**-0.5)

    def forward(self, samples, labels=None):
        features = self.body(samples)
        return self.score(features).squeeze(1) + (self.of_class(labels) * features).sum(1)


class DroppedHinge(Loss):
    """The hinge loss, with generated samples judged by the labels that the generator used, and real
    ones by labels that are dropped as often."""

    needs = ("labels", "gen.labels")

    def terms(self, turn):
        # Not critic(fake): that is judged by the labels that were asked for.
        fake = turn.critic(turn.fake, turn.generated["labels"])
        if turn.player == "gen":
            return {"fake": -fake.mean()}
        generator = turn.networks["gen"]
        labels = drop(turn.labels, generator.options.drop, generator.shapes.classes)
        real = turn.critic(turn.real, labels)
        return {"real": relu(1 - real).mean(), "fake": relu(1 + fake).mean()}


def conditional(shapes):
    if not shapes.classes:
        raise ShapesError("it needs data with classes")
    return shapes.halvings()


@hookimpl
def ganfw_components():
    return [
        Component("loss", "dropped-hinge", "guided:DroppedHinge", summary="With dropped labels"),
        Component("generator", "guided", "guided:GuidedGenerator", "guided:GeneratorOptions",
                  summary="Drops labels in training, and is guided by them"),
        Component("discriminator", "guided", "guided:GuidedDiscriminator", "guided:Width",
                  summary="Projection, with a class for no label"),
    ]  # fmt: skip
