"""R3GAN's discriminator: Huang et al. 2024, "The GAN is dead; long live the GAN!", config E."""

from __future__ import annotations

import math

from torch import Tensor, nn

from ganfw import Discriminator, Shapes

from .layers import Downsampling, LabelVector, init, stages
from .options import R3GANOptions
from .widths import plan


class R3GANDiscriminator(Discriminator):
    """The generator reversed (section 4, fig. 2c): residual blocks and halvings, then a depthwise
    convolution over the whole small map, and a linear layer.

    With labels the score is the inner product of the picture's vector and the label's (Miyato &
    Koyama 2018, without the unconditional part), divided by the square root of their length.
    """

    def __init__(self, options: R3GANOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        sizes = plan(options, shapes)
        conditional = options.conditional and shapes.has_labels
        widths, last = sizes.widths[::-1], sizes.widths[0]
        self.from_picture = init(nn.Conv2d(shapes.sample[0], widths[0], 1, bias=False))
        self.stages = stages(options, widths, sizes.group, Downsampling)
        self.pool = init(nn.Conv2d(last, last, sizes.base, groups=last, bias=False))
        self.head = init(nn.Linear(last, last if conditional else 1, bias=False))
        gain = 1 / math.sqrt(last)
        self.of_labels = LabelVector(shapes, last, gain) if conditional else None

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Pictures (B, C, H, W) and labels (B,) or (B, K) to scores (B,)."""
        features = self.pool(self.stages(self.from_picture(samples)))
        scores: Tensor = self.head(features.flatten(1))
        if self.of_labels is not None:
            scores = scores * self.of_labels(labels)
        return scores.sum(1)
