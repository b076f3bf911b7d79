"""FastGAN's self-supervised discriminator: Liu et al. 2021, "Towards faster and stabilized GAN
training for high-fidelity few-shot image synthesis"."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ganfw import Discriminator, Output, Shapes

from .decoders import Decoders, quarters, resized
from .layers import ExcitedBlocks, ResidualDown, activation, convolution, down, init_norms, sizes
from .options import DiscriminatorOptions

_BLOCKS = 5
"""Residual blocks; pictures above 256 pixels are halved by plain convolutions before."""

_DISTANCE, _EXCITED = 3, 3
"""Each of the last three maps is weighted by the one of eight times its sides."""

_SMALL, _DECODED = 5, 4
"""Doublings of the small picture that the second branch sees, and by the decoders: 128 pixels."""


class FastGANDiscriminator(Discriminator):
    """Two branches score patches of a picture, and of the picture made smaller. Three decoders
    rebuild the whole picture from the last map of each, and from the map before the last a quarter,
    chosen at random (section 3.2, fig. 4). It has no labels."""

    def __init__(self, options: DiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        base, doublings = sizes(shapes)
        channels, colors = options.channels, shapes.sample[0]
        self.blocks = _blocks(channels, doublings, base)
        self.stem = _stem(colors, channels * 8 >> len(self.blocks.blocks), doublings - 1)
        self.score = nn.Sequential(
            convolution(channels * 8, channels * 16, 1),
            *activation(channels * 16),
            convolution(channels * 16, 1, 4),
        )
        small = max(min(doublings - 1, _SMALL), 2)
        self.shrink = 1 << (doublings - small)
        self.small = _halving(colors, channels * 4, small - 1)
        self.score_small = convolution(channels * 4, 1, 4)
        if options.decoders:
            widths = {"whole": channels * 8, "small": channels * 4, "part": channels * 4}
            self.decoders = Decoders(widths, channels, colors, min(doublings - 1, _DECODED))
        init_norms(self)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Output:
        """Pictures (B, C, H, W) to scores of patches (B, N). With decoders also ``"decoded"``
        (B, 3, C, H', W') and ``"targets"``, what these should be; H' and W' are 128 at most."""
        *_, before, last = self.blocks(self.stem(samples))
        small = self.small(avg_pool2d(samples, self.shrink) if self.shrink > 1 else samples)
        scores = torch.cat([self.score(last).flatten(1), self.score_small(small).flatten(1)], 1)
        if not self.options.decoders:
            return scores
        which = torch.randint(4, (len(samples),), device=samples.device)
        maps = {"whole": last, "small": small, "part": quarters(before, which)}
        decoded = self.shapes.bound(self.decoders(maps))
        whole = resized(samples.detach(), decoded)
        part = resized(quarters(samples.detach(), which), decoded)
        return {"scores": scores, "decoded": decoded,
                "targets": torch.stack([whole, whole, part], dim=1)}  # fmt: skip


def _blocks(channels: int, doublings: int, base: tuple[int, int]) -> ExcitedBlocks:
    """From maps of 256 pixels, or fewer, to those of twice the sides of ``base``."""
    count = min(doublings - 1, _BLOCKS)
    widths = [max(channels * 8 >> (count - i), 1) for i in range(count + 1)]
    distance = min(_DISTANCE, count)
    return ExcitedBlocks(
        itertools.starmap(ResidualDown, itertools.pairwise(widths)),
        widths,
        [2 << (count - i) for i in range(count + 1)],
        base,
        range(max(distance, count + 1 - _EXCITED), count + 1),
        distance,
    )


def _stem(colors: int, width: int, halvings: int) -> nn.Sequential:
    """From pictures to maps of 256 pixels, or of the pictures' own sides."""
    if halvings > _BLOCKS:
        return _halving(colors, width, halvings - _BLOCKS)
    return nn.Sequential(convolution(colors, width, 3, padding=1), *activation(width, norm=False))


def _halving(colors: int, width: int, halvings: int) -> nn.Sequential:
    """The last map has ``width`` channels, each before it half as many. No norm sees pixels."""
    widths = [max(width >> (halvings - 1 - i), 1) for i in range(halvings)]
    first = down(colors, widths[0], norm=False)
    return nn.Sequential(first, *itertools.starmap(down, itertools.pairwise(widths)))
