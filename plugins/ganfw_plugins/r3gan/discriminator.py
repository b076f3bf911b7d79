"""R3GAN's discriminator: Huang et al. 2024, "The GAN is dead; long live the GAN!", config E."""

from __future__ import annotations

import functools
import math

from torch import Tensor, nn

from ganfw import ClassHead, Discriminator, Output, Shapes

from .layers import Downsampling, init, label_embedding, linear, stages
from .options import DiscriminatorOptions
from .widths import plan


class R3GANDiscriminator(Discriminator):
    """The generator reversed (section 4, fig. 2c): residual blocks and halvings, then a depthwise
    convolution over the whole small map, and a linear layer.

    With labels the score is the inner product of the picture's vector and the label's (Miyato &
    Koyama 2018, without the unconditional part), divided by the square root of their length.
    """

    def __init__(self, options: DiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        sizes = plan(options, shapes)
        widths, last = sizes.widths[::-1], sizes.widths[0]
        self.from_picture = init(nn.Conv2d(shapes.sample[0], widths[0], 1, bias=False))
        self.stages = stages(options, widths, sizes.group, Downsampling)
        self.pool = init(nn.Conv2d(last, last, sizes.base, groups=last, bias=False))
        vectors = functools.partial(label_embedding, gain=1 / math.sqrt(last))
        self.class_head = ClassHead(
            options.head, last, shapes, linear=linear, vectors=vectors, product=True
        )
        self.score = linear(last, self.class_head.score_width)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Output:
        """Pictures (B, C, H, W) and labels (B,) or (B, K) to scores (B,), and what the option
        ``head`` adds to them; its features are the last convolution's."""
        features = self.pool(self.stages(self.from_picture(samples))).flatten(1)
        output: Output = self.class_head(self.score(features), features, labels)
        return output
