"""FastGAN's self-supervised discriminator: Liu et al. 2021, "Towards faster and stabilized GAN
training for high-fidelity few-shot image synthesis"."""

from pydantic import Field
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d

from ganfw import Component, Discriminator, Loss, Options, hookimpl


class Width(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every map")


class Reconstruction(Loss):
    """L = E ‖g(f) - t(x)‖ over real x alone: f are the discriminator's features, g a decoder, t(x)
    the picture as it saw it, in the size of what was decoded (section 3.2)."""

    needs = ("disc.decoded", "disc.target")

    def discriminator_terms(self, critic, real, fake):
        given = critic.all(real)
        return {"real": (given["decoded"] - given["target"]).abs().mean()}


class SelfSupervised(Discriminator):
    """Gives scores (B,), and pictures (B, C, H/2, W/2) decoded of its features beside what they
    should be."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        base, halvings = shapes.halvings()
        channels, width = shapes.sample[0], options.channels
        encoder, decoder = [], []
        for i in range(halvings):
            encoder += [nn.Conv2d(width if i else channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for _ in range(halvings - 1):
            decoder += [nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, padding=1)]
            decoder += [nn.BatchNorm2d(width), nn.ReLU()]
        self.encoder = nn.Sequential(*encoder)
        self.decoder = nn.Sequential(*decoder, nn.Conv2d(width, channels, 1))
        self.head = nn.Conv2d(width, 1, base)

    def forward(self, samples, labels=None):
        features = self.encoder(samples)
        decoded = self.shapes.bound(self.decoder(features))
        target = adaptive_avg_pool2d(samples, decoded.shape[2:]).detach()
        return {"scores": self.head(features).flatten(), "decoded": decoded, "target": target}


@hookimpl
def ganfw_components():
    rebuild, critic = "Real pictures rebuilt from features", "Scores, and pictures it decodes"
    return [
        Component("loss", "reconstruction", "fastgan:Reconstruction", summary=rebuild),
        Component("discriminator", "fastgan", "fastgan:SelfSupervised", "fastgan:Width", critic),
    ]
