"""The residual discriminator, of SNGAN, WGAN-GP and, with attention, SAGAN."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import relu

from ganfw import Discriminator, Shapes

from .attention import Attention
from .blocks import DownBlock
from .labels import seen
from .options import DiscriminatorOptions
from .projection import ProjectionHead
from .weights import add_spectral_norm, init_glorot
from .widths import discriminator_widths, map_before


class ResnetDiscriminator(Discriminator):
    """Miyato et al. 2018, tables 3 to 5: blocks without norm, every layer divided by its spectral
    norm; labels by projection. Without spectral norm, and with the mean in place of the sum, it is
    the critic of Gulrajani et al. 2017, appendix F; they advise layer norm if any (section 4)."""

    def __init__(self, options: DiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        widths, halvings = discriminator_widths(shapes, options.channels)
        blocks: list[nn.Module] = []
        inputs = shapes.sample[0]
        for number, width in enumerate(widths):
            hidden = inputs if number else width
            halve = number < halvings
            blocks.append(DownBlock(inputs, width, hidden, halve, not number, options.norm))
            inputs = width
        if options.attention:
            place = attention_place(shapes, options.attention, halvings)
            blocks.insert(place + 1, Attention(widths[place], pooled=False))
        self.blocks = nn.Sequential(*blocks)
        labelled = seen(shapes, options.conditional)
        self.head = ProjectionHead(widths[-1], labelled, options.spectral_norm)
        init_glorot(self)
        if options.spectral_norm:
            add_spectral_norm(self)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Pictures (B, C, H, W) and labels (B, ...) to scores (B,)."""
        features = relu(self.blocks(samples))
        pooled = features.mean((2, 3)) if self.options.pooling == "mean" else features.sum((2, 3))
        scores: Tensor = self.head(pooled, labels)
        return scores


def attention_place(shapes: Shapes, limit: int, halvings: int) -> int:
    """The halving after which maps are of height ``limit``, or less."""
    height = shapes.sample[1]
    return map_before([height >> (i + 1) for i in range(halvings)], limit)
