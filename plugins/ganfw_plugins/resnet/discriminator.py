"""The residual discriminator, of SNGAN, WGAN-GP and, with attention, SAGAN."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import relu

from ganfw import ClassHead, Discriminator, Output, Shapes

from .attention import Attention, place_in_discriminator
from .blocks import down_blocks
from .options import DiscriminatorOptions
from .spectral import add_spectral_norm
from .weights import init_glorot
from .widths import discriminator_widths


class ResnetDiscriminator(Discriminator):
    """Miyato et al. 2018, tables 3 to 5: blocks without norm, every layer divided by its spectral
    norm; labels by projection. Without spectral norm, and with the mean in place of the sum, it is
    the critic of Gulrajani et al. 2017, appendix F; they advise layer norm if any (section 4)."""

    def __init__(self, options: DiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        widths, halvings = discriminator_widths(shapes, options.channels)
        blocks = down_blocks(shapes.sample[0], widths, halvings, norm=options.norm)
        if options.attention:
            place = place_in_discriminator(shapes, options.attention, halvings)
            blocks.insert(place + 1, Attention(widths[place], pooled=False))
        self.blocks = nn.Sequential(*blocks)
        head = ClassHead(options.head, widths[-1], shapes)
        self.score = nn.Linear(widths[-1], head.score_width)
        self.class_head = head
        init_glorot(self, embeddings=True)
        if options.spectral_norm:
            add_spectral_norm(self, embeddings=True)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Output:
        """Pictures (B, C, H, W) and labels (B, ...) to scores (B,), and what the option ``head``
        adds to them; its features are the last map, pooled."""
        features = relu(self.blocks(samples))
        pooled = features.mean((2, 3)) if self.options.pooling == "mean" else features.sum((2, 3))
        output: Output = self.class_head(self.score(pooled), pooled, labels)
        return output
