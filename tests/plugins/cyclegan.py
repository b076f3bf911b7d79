"""CycleGAN: Zhu et al. 2017, "Unpaired image-to-image translation using cycle-consistent
adversarial networks". A sample is a picture of domain B, its label one of domain A."""

import numpy as np
from pydantic import Field
from torch import nn

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


class StripesOptions(Options):
    count: int = Field(256, ge=1, le=100_000, description="Pictures of each domain")
    size: int = Field(32, ge=8, le=256, multiple_of=4, description="Sides of a picture")


class CycleOptions(Options):
    cycle: float = Field(10.0, ge=0, le=1e3, description="λ, the factor of the cycle term")
    identity: float = Field(5.0, ge=0, le=1e3, description="Factor of the identity term")


class Width(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every map")


class Stripes(Dataset):
    """Domain A has horizontal stripes, domain B upright ones, of colours that do not go together:
    the data is unpaired."""

    value_range = (-1.0, 1.0)

    def prepare(self):
        side = self.options.size
        self.sample_shape = self.label_shape = (3, side, side)

    def __len__(self):
        return self.options.count

    def __getitem__(self, index):
        colors = np.random.default_rng(index).integers(0, 256, (2, 3, 4), np.uint8)
        rows = colors.repeat(self.options.size // 4, axis=2)
        a, b = np.broadcast_to(rows[..., None], (*rows.shape, self.options.size)).copy()
        return b.swapaxes(1, 2), a

    def fingerprint(self):
        return f"stripes-{self.options.count}-{self.options.size}"


class Cycle(Loss):
    """Eq. 3, with the least squares of section 4: G, the generator, maps A to B and F, ``back``,
    B to A; D_B is the discriminator and D_A ``disc-a``. Identity: section 5.2."""

    needs = ("labels", "network.back", "network.disc-a")

    def terms(self, turn):
        a, b, fake_b = turn.fake_labels, turn.real, turn.fake
        fake_a = turn.forward("back", turn.latents, b)
        of_a, of_b = turn.forward("disc-a", fake_a), turn.critic(fake_b)
        if turn.player == "disc":
            real_a, real_b = turn.forward("disc-a", a), turn.critic(b)
            return {
                "a": (squares(real_a, 1) + squares(of_a, 0)) / 2,
                "b": (squares(real_b, 1) + squares(of_b, 0)) / 2,
            }
        cycle = distance(turn.forward("back", turn.latents, fake_b), a)
        cycle = cycle + distance(turn.generate(turn.latents, fake_a)["samples"], b)
        same = distance(turn.forward("back", turn.latents, a), a)
        same = same + distance(turn.generate(turn.latents, b)["samples"], b)
        return {
            "a": squares(of_a, 1),
            "b": squares(of_b, 1),
            "cycle": self.options.cycle * cycle,
            "identity": self.options.identity * same,
        }


def squares(scores, target):
    """Of each score of each patch: E (D(x) - target)² (Mao et al. 2017, eq. 2)."""
    return (scores - target).square().mean()


def distance(first, second):
    return (first - second).abs().mean()


class Translator(Generator):
    """Pictures of one domain, given as labels, to pictures of the other. Latents are not used."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        if shapes.label != shapes.sample or not shapes.is_picture:
            raise ShapesError("it needs pictures whose labels are pictures of the same size")
        width, channels = options.channels, shapes.sample[0]
        norm = nn.InstanceNorm2d(width)
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, 4, 2, 1), norm, nn.ReLU(),
            nn.Conv2d(width, width, 3, 1, 1), norm, nn.ReLU(),
            nn.ConvTranspose2d(width, channels, 4, 2, 1),
        )  # fmt: skip

    def forward(self, latents, labels=None):
        return self.shapes.bound(self.layers(labels))


class Patches(Discriminator):
    """Scores (B, N) of overlapping patches (Isola et al. 2017, section 3.2.2)."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        shapes.halvings()  # refuses what is no picture
        width = options.channels
        self.layers = nn.Sequential(
            nn.Conv2d(shapes.sample[0], width, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(width, width, 4, 2, 1), nn.InstanceNorm2d(width), nn.LeakyReLU(0.2),
            nn.Conv2d(width, 1, 3, 1, 1), nn.Flatten(),
        )  # fmt: skip

    def forward(self, samples, labels=None):
        return self.layers(samples)


@hookimpl
def ganfw_components():
    return [
        Component("dataset", "stripes", "cyclegan:Stripes", "cyclegan:StripesOptions",
                  "Upright stripes, labelled by horizontal ones"),
        Component("loss", "cycle", "cyclegan:Cycle", "cyclegan:CycleOptions",
                  "Least squares in both directions, cycles and identity"),
        Component("generator", "translator", "cyclegan:Translator", "cyclegan:Width",
                  "Pictures of the label's domain to the sample's"),
        Component("discriminator", "patches", "cyclegan:Patches", "cyclegan:Width",
                  "Scores of patches"),
    ]  # fmt: skip
