"""The residual generator, of SNGAN, WGAN-GP and, with attention, SAGAN."""

from __future__ import annotations

import itertools

from torch import Tensor, nn

from ganfw import Generator, Shapes

from .attention import Attended, Attention, place_in_generator
from .blocks import UpBlock
from .norms import by_label
from .options import GeneratorOptions
from .spectral import add_spectral_norm
from .trunk import Trunk
from .weights import init_glorot
from .widths import generator_widths


class ResnetGenerator(Generator):
    """Miyato et al. 2018, tables 3 to 5; the one for 32 pixels is that of Gulrajani et al. 2017,
    appendix F, twice as wide. Labels choose the scales and shifts of batch norm (Miyato & Koyama
    2018, section 4.1)."""

    def __init__(self, options: GeneratorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        widths = generator_widths(shapes, options.channels)
        condition = by_label(shapes, options.conditional)
        blocks: list[nn.Module] = [UpBlock(*pair, condition) for pair in itertools.pairwise(widths)]
        if options.attention:
            place = place_in_generator(shapes, options.attention)
            blocks[place] = Attended(Attention(widths[place], pooled=False), blocks[place])
        self.trunk = Trunk(shapes.latent_dim, widths, blocks, shapes)
        init_glorot(self)
        nn.init.xavier_uniform_(self.trunk.paint.weight)
        if options.spectral_norm:
            add_spectral_norm(self)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (B, Z) and labels (B, ...) to pictures (B, C, H, W) in the data's range,
        through tanh."""
        pictures: Tensor = self.trunk(latents, [labels] * len(self.trunk.blocks))
        return pictures
