"""FastGAN's generator: Liu et al. 2021, "Towards faster and stabilized GAN training for
high-fidelity few-shot image synthesis"."""

from __future__ import annotations

import itertools

from torch import Tensor, nn

from ganfw import Generator, Shapes

from .layers import ExcitedBlocks, convolution, init_norms, normalized, sizes, up
from .options import GeneratorOptions

_SIXTEENTHS = (256, 128, 64, 32, 32, 16, 8, 4, 2)
"""Widths of maps of 4, 8, … 1024 pixels, in sixteenths of ``channels``."""

_DISTANCE, _LAST = 4, 7
"""Maps of 64 to 512 pixels are excited by those of a sixteenth of their sides."""


class FastGANGenerator(Generator):
    """Latents become a small map; blocks double it, every second one with noise and two
    convolutions. Skip-layer excitation lets small maps weigh the channels of large ones (section
    3.1, fig. 3). It has no labels.

    Of pictures that are doubled less than four times, the last map is excited by the first.
    """

    def __init__(self, options: GeneratorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        base, doublings = sizes(shapes)
        widths = [options.channels * part // 16 for part in _SIXTEENTHS[: doublings + 1]]
        self.first = nn.Sequential(
            normalized(nn.ConvTranspose2d(shapes.latent_dim, widths[0] * 2, base, bias=False)),
            nn.BatchNorm2d(widths[0] * 2),
            nn.GLU(dim=1),
        )
        pairs = enumerate(itertools.pairwise(widths), 1)
        distance = min(_DISTANCE, doublings)
        self.blocks = ExcitedBlocks(
            (up(*pair, twice=level % 2 == 1) for level, pair in pairs),
            widths,
            [1 << level for level in range(doublings + 1)],
            base,
            range(distance, min(doublings, _LAST) + 1),
            distance,
        )
        self.to_picture = convolution(widths[-1], shapes.sample[0], 3, padding=1)
        init_norms(self)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (B, Z) to pictures (B, C, H, W) in the data's range, through tanh."""
        *_, last = self.blocks(self.first(latents[:, :, None, None]))
        return self.shapes.bound(self.to_picture(last))
