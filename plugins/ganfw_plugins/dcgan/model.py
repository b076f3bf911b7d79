"""The two networks of DCGAN, for any picture size that halves evenly."""

from __future__ import annotations

import itertools

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganfw import Discriminator, Generator, Shapes, ShapesError

from .options import DiscriminatorOptions, GeneratorOptions

MAX_CHANNELS = 1024
"""The widest map in Radford et al. 2016, fig. 1."""

SMALLEST_SIDE, LARGEST_BASE = 4, 16


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
    """Pixels doubled, convolution, batch norm, ReLU: (B, C, H, W) to (B, out, 2H, 2W). Without the
    grid that overlapping transposed convolutions leave (Odena et al. 2016)."""

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
    """Latents grow to a small map, blocks double it, a last transposed convolution paints it."""

    def __init__(self, options: GeneratorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        base, doublings = halvings(shapes)
        widths = block_widths(options.channels, doublings)[::-1]
        first = GeneratorBlock(shapes.latent_dim, widths[0], kernel=base, stride=1, padding=0)
        pairs = itertools.pairwise(widths)
        if options.upsampling == "nearest":
            middle: list[nn.Module] = [ResizeBlock(*pair) for pair in pairs]
            paint = nn.Conv2d(widths[-1], shapes.sample[0], 3, padding=1, bias=False)
            last: tuple[nn.Module, ...] = (nn.Upsample(scale_factor=2), paint)
        else:
            middle = [GeneratorBlock(*pair) for pair in pairs]
            last = (nn.ConvTranspose2d(widths[-1], shapes.sample[0], 4, 2, 1, bias=False),)
        self.blocks = nn.Sequential(first, *middle, *last)
        _init_normal(self, options.init_std)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (B, Z) to pictures (B, C, H, W) in the data's range, through tanh."""
        return self.shapes.bound(self.blocks(latents[:, :, None, None]))


class DCGANDiscriminator(Discriminator):
    """The generator's mirror: blocks halve the picture, a last convolution scores it."""

    def __init__(self, options: DiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        base, doublings = halvings(shapes)
        widths = (shapes.sample[0], *block_widths(options.channels, doublings))
        self.blocks = nn.Sequential(
            *(
                DiscriminatorBlock(narrow, wide, options)
                for narrow, wide in itertools.pairwise(widths)
            ),
            nn.Conv2d(widths[-1], 1, base, bias=False),
        )
        _init_normal(self, options.init_std)
        if options.spectral:
            for module in self.modules():
                if isinstance(module, nn.Conv2d):
                    spectral_norm(module)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Pictures (B, C, H, W) to scores (B,)."""
        scores: Tensor = self.blocks(samples)
        return scores.flatten()


def halvings(shapes: Shapes) -> tuple[tuple[int, int], int]:
    """The small map (H, W) that a picture halves down to, and the number of halvings.

    Raises ShapesError for what is no picture, or does not halve to sides of 4 to 16.
    """
    if not shapes.is_picture:
        raise ShapesError(f"it needs pictures (C, H, W), but the data's samples are {shapes}")
    _, height, width = shapes.sample
    count = 0
    while height % 2 == width % 2 == 0 and min(height, width) >= 2 * SMALLEST_SIDE:
        height, width, count = height // 2, width // 2, count + 1
    if not count or max(height, width) > LARGEST_BASE or min(height, width) < SMALLEST_SIDE:
        _, h, w = shapes.sample
        raise ShapesError(
            f"{h}×{w} pictures do not halve evenly to sides of {SMALLEST_SIDE} to {LARGEST_BASE}; "
            f"try data.size={_nearest(h)} or [{_nearest(h)}, {_nearest(w)}]"
        )
    return (height, width), count


def block_widths(channels: int, count: int) -> tuple[int, ...]:
    """Channels of ``count`` blocks, doubling from ``channels`` up to `MAX_CHANNELS`."""
    limit = max(channels, MAX_CHANNELS)
    return tuple(min(channels << i, limit) for i in range(count))


def _nearest(side: int) -> int:
    return max(16, (side + 8) // 16 * 16)


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
        return (nn.GroupNorm(max(channels // 8, 1), channels),)
    return ()


def _init_normal(network: nn.Module, std: float) -> None:
    # The book draws every parameter so, batch norm's scales and shifts included.
    for weight in network.parameters():
        nn.init.normal_(weight, 0.0, std)
