"""SNGAN with projection: Miyato et al. 2018, "Spectral normalization for GANs", and Miyato & Koyama
2018, "cGANs with projection discriminator"."""

from pydantic import Field
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, relu
from torch.nn.utils.parametrizations import spectral_norm

from ganfw import Component, Discriminator, Generator, Options, ShapesError, hookimpl


class Width(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every block")


class ConditionalNorm(nn.Module):
    """Batch norm with a scale and a shift for each class."""

    def __init__(self, channels, classes):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale, self.shift = nn.Embedding(classes, channels), nn.Embedding(classes, channels)
        nn.init.ones_(self.scale.weight)
        nn.init.zeros_(self.shift.weight)

    def forward(self, features, labels):
        scale, shift = self.scale(labels), self.shift(labels)
        return self.norm(features) * scale[:, :, None, None] + shift[:, :, None, None]


class Up(nn.Module):
    """(B, C, H, W) to (B, C, 2H, 2W)."""

    def __init__(self, channels, classes):
        super().__init__()
        self.norms = nn.ModuleList(ConditionalNorm(channels, classes) for _ in range(2))
        self.layers = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))

    def forward(self, features, labels):
        hidden = features
        for norm, layer, scale in zip(self.norms, self.layers, (2.0, 1.0), strict=True):
            hidden = layer(interpolate(relu(norm(hidden, labels)), scale_factor=scale))
        return hidden + interpolate(features, scale_factor=2.0)


class Down(nn.Module):
    """(B, C, H, W) to (B, out, H/2, W/2)."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.shortcut = spectral_norm(nn.Conv2d(inputs, outputs, 1))
        self.first = spectral_norm(nn.Conv2d(inputs, outputs, 3, padding=1))
        self.second = spectral_norm(nn.Conv2d(outputs, outputs, 3, padding=1))

    def forward(self, features):
        hidden = self.second(relu(self.first(relu(features))))
        return avg_pool2d(hidden + self.shortcut(features), 2)


def conditional(shapes):
    if not shapes.classes:
        raise ShapesError("it needs data with classes")
    return shapes.halvings()


class SNGANGenerator(Generator):
    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        base, doublings = conditional(shapes)
        self.first = nn.ConvTranspose2d(shapes.latent_dim, options.channels, base)
        self.blocks = nn.ModuleList(Up(options.channels, shapes.classes) for _ in range(doublings))
        norm = nn.BatchNorm2d(options.channels)
        paint = nn.Conv2d(options.channels, shapes.sample[0], 3, padding=1)
        self.last = nn.Sequential(norm, nn.ReLU(), paint)

    def forward(self, latents, labels=None):
        features = self.first(latents[:, :, None, None])
        for block in self.blocks:
            features = block(features, labels)
        return self.shapes.bound(self.last(features))


class ProjectionDiscriminator(Discriminator):
    """f(x, y) = yᵀ V φ(x) + ψ(φ(x)) (Miyato & Koyama 2018, fig. 1d), every layer divided by its
    spectral norm (Miyato et al. 2018, section 2.1)."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        widths = [shapes.sample[0], *[options.channels] * conditional(shapes)[1]]
        self.blocks = nn.Sequential(*map(Down, widths, widths[1:]))
        self.score = spectral_norm(nn.Linear(options.channels, 1))
        self.of_class = spectral_norm(nn.Embedding(shapes.classes, options.channels))

    def forward(self, samples, labels=None):
        features = relu(self.blocks(samples)).sum((2, 3))
        return self.score(features).squeeze(1) + (self.of_class(labels) * features).sum(1)


@hookimpl
def ganfw_components():
    network = {"options": "sngan:Width"}
    return [
        Component("generator", "sngan", "sngan:SNGANGenerator",
                  summary="Residual blocks with class-conditional batch norm", **network),
        Component("discriminator", "projection", "sngan:ProjectionDiscriminator",
                  summary="Spectral norm, classes by projection", **network),
    ]  # fmt: skip
