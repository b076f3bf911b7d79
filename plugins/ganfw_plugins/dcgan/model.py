"""The two networks of DCGAN, for any picture size that halves evenly."""

from __future__ import annotations

import itertools
import math

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganfw import ClassHead, Discriminator, Generator, Output, Shapes

from .options import DiscriminatorOptions, GeneratorOptions

MAX_CHANNELS = 1024
"""The widest map in Radford et al. 2016, fig. 1."""


class GeneratorBlock(nn.Sequential):
    """Transposed convolution, batch norm, ReLU: (B, C, H, W) to (B, out, 2H, 2W)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int | tuple[int, int] = 4,
        stride: int = 2,
        padding: int = 1,
    ) -> None:
        super().__init__(
            nn.ConvTranspose2d(in_channels, out_channels, kernel, stride, padding, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )


class ResizeBlock(nn.Sequential):
    """Nearest-neighbour upsampling, convolution, batch norm, ReLU: (B, C, H, W) to
    (B, out, 2H, 2W). Without the checkerboard of transposed convolutions (Odena et al. 2016)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.Upsample(scale_factor=2),
            nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )


class DiscriminatorBlock(nn.Sequential):
    """Strided convolution, norm, activation: (B, C, H, W) to (B, out, H/2, W/2)."""

    def __init__(self, in_channels: int, out_channels: int, options: DiscriminatorOptions) -> None:
        bias = options.norm == "none"
        convolution = nn.Conv2d(in_channels, out_channels, 4, 2, 1, bias=bias)
        super().__init__(convolution, *_norm(out_channels, options), _activation(options))


class DCGANGenerator(Generator):
    """Latents become a small map, blocks double it, a last convolution makes the picture."""

    def __init__(self, options: GeneratorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        base, doublings = shapes.halvings()
        widths = block_widths(options.channels, doublings)[::-1]
        first = GeneratorBlock(shapes.latent_dim, widths[0], kernel=base, stride=1, padding=0)
        pairs = itertools.pairwise(widths)
        if options.upsampling == "nearest":
            middle: list[nn.Module] = [ResizeBlock(*pair) for pair in pairs]
            to_picture = nn.Conv2d(widths[-1], shapes.sample[0], 3, padding=1, bias=False)
            last: tuple[nn.Module, ...] = (nn.Upsample(scale_factor=2), to_picture)
        else:
            middle = [GeneratorBlock(*pair) for pair in pairs]
            last = (nn.ConvTranspose2d(widths[-1], shapes.sample[0], 4, 2, 1, bias=False),)
        self.blocks = nn.Sequential(first, *middle, *last)
        _init_normal(self, options.init_std)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (B, Z) to pictures (B, C, H, W) in the data's range, through tanh."""
        return self.shapes.bound(self.blocks(latents[:, :, None, None]))


class DCGANDiscriminator(Discriminator):
    """The generator reversed: blocks halve the picture, a last convolution scores it."""

    def __init__(self, options: DiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        base, doublings = shapes.halvings()
        widths = (shapes.sample[0], *block_widths(options.channels, doublings))
        head = ClassHead(options.head, widths[-1], shapes)
        self.blocks = nn.Sequential(
            *(
                DiscriminatorBlock(inputs, outputs, options)
                for inputs, outputs in itertools.pairwise(widths)
            ),
            nn.Conv2d(widths[-1], head.score_width, base, bias=False),
        )
        self.class_head = head
        _init_normal(self, options.init_std)
        if options.spectral:
            for module in self.modules():
                if isinstance(module, nn.Conv2d | nn.Linear | nn.Embedding):
                    spectral_norm(module)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Output:
        """Pictures (B, C, H, W) to scores (B,), and what the option ``head`` adds to them; its
        features are the last map's sums."""
        *blocks, last = self.blocks
        features = samples
        for block in blocks:
            features = block(features)
        scores = last(features).flatten(1)
        output: Output = self.class_head(scores, features.sum((2, 3)), labels)
        return output


def block_widths(channels: int, count: int) -> tuple[int, ...]:
    """Channels of ``count`` blocks, doubling from ``channels`` up to `MAX_CHANNELS`."""
    limit = max(channels, MAX_CHANNELS)
    return tuple(min(channels << i, limit) for i in range(count))


def _activation(options: DiscriminatorOptions) -> nn.Module:
    if options.activation == "relu":
        return nn.ReLU(inplace=True)
    return nn.LeakyReLU(options.slope, inplace=True)


def _norm(channels: int, options: DiscriminatorOptions) -> tuple[nn.Module, ...]:
    if options.norm == "batch":
        return (nn.BatchNorm2d(channels),)
    if options.norm == "instance":
        return (nn.InstanceNorm2d(channels, affine=True),)
    if options.norm == "group":
        # Groups of 8 channels, or of the largest of 4, 2 and 1 that divides their number.
        return (nn.GroupNorm(channels // math.gcd(channels, 8), channels),)
    return ()


def _init_normal(network: nn.Module, std: float) -> None:
    # As in the book, for every parameter, including the scales and shifts of batch norm.
    for weight in network.parameters():
        nn.init.normal_(weight, 0.0, std)
