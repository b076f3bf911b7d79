"""Progressive growing: Karras et al. 2018, "Progressive growing of GANs for improved quality,
stability, and variation"."""

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu

from ganfw import Callback, Component, Discriminator, Generator, Options, hookimpl


class GrowOptions(Options):
    steps: int = Field(10_000, ge=1, le=10**9, description="Steps until the next block is all in")


class Width(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every map")


class Grow(Callback):
    """Figure 2: after n steps, level n / steps of both networks is on its way in."""

    on_every_rank = True

    def on_step_end(self, event):
        for player in event.run.players.values():
            if isinstance(player.network, (GrowingGenerator, GrowingDiscriminator)):
                player.network.level.fill_(event.step / self.options.steps)


class GrowingGenerator(Generator):
    """At ``level`` l + α, samples are those of block l + 1 by the part α, for the rest enlarged
    ones of block l."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        base, doublings = shapes.halvings()
        width = options.channels
        self.register_buffer("level", torch.zeros(()))
        self.first = nn.ConvTranspose2d(shapes.latent_dim, width, base)
        self.blocks = nn.ModuleList(nn.Conv2d(width, width, 3, 1, 1) for _ in range(doublings))
        paints = (nn.Conv2d(width, shapes.sample[0], 1) for _ in range(doublings + 1))
        self.paint = nn.ModuleList(paints)

    def forward(self, latents, labels=None):
        features = leaky_relu(self.first(latents[:, :, None, None]), 0.2)
        samples = self.paint[0](features)
        for i, (block, paint) in enumerate(zip(self.blocks, self.paint[1:], strict=True)):
            features = leaky_relu(block(interpolate(features, scale_factor=2.0)), 0.2)
            before = interpolate(samples, scale_factor=2.0)
            samples = before.lerp(paint(features), share(self.level, i).to(before))
        return self.shapes.bound(samples)


class GrowingDiscriminator(Discriminator):
    """The same from the other end: what is not yet in sees the sample made smaller."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        base, halvings = shapes.halvings()
        width = options.channels
        self.register_buffer("level", torch.zeros(()))
        reads = (nn.Conv2d(shapes.sample[0], width, 1) for _ in range(halvings + 1))
        self.read = nn.ModuleList(reads)
        self.blocks = nn.ModuleList(nn.Conv2d(width, width, 3, 1, 1) for _ in range(halvings))
        self.score = nn.Conv2d(width, 1, base)

    def forward(self, samples, labels=None):
        features = leaky_relu(self.read[-1](samples), 0.2)
        for i in reversed(range(len(self.blocks))):
            samples = avg_pool2d(samples, 2)
            features = avg_pool2d(leaky_relu(self.blocks[i](features), 0.2), 2)
            small = leaky_relu(self.read[i](samples), 0.2)
            features = small.lerp(features, share(self.level, i).to(small))
        return self.score(features).flatten()


def share(level, block):
    """How much of a block is in: α."""
    return (level - block).clamp(0, 1)


@hookimpl
def ganfw_components():
    grow, width = "growing:GrowOptions", "growing:Width"
    return [
        Component("callback", "grow", "growing:Grow", grow, "Fades in one block after another"),
        Component("generator", "growing", "growing:GrowingGenerator", width, "Grows"),
        Component("discriminator", "growing", "growing:GrowingDiscriminator", width, "Grows"),
    ]
