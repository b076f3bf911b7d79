"""R3GAN's generator: Huang et al. 2024, "The GAN is dead; long live the GAN!", config E."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganfw import Generator, Shapes

from .layers import Upsampling, init, label_embedding, linear, stages
from .options import GeneratorOptions
from .widths import plan


class R3GANGenerator(Generator):
    """Latents scale the channels of a small map that is learned; residual blocks and doublings make
    it a picture (section 4, fig. 2c). Labels become a vector beside the latents.

    The paper's pictures are unbounded; here they go through tanh onto the data's range.
    """

    def __init__(self, options: GeneratorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        sizes = plan(options, shapes)
        conditional = options.conditional and shapes.has_labels
        inputs = shapes.latent_dim * (2 if conditional else 1)
        self.of_labels = label_embedding(shapes, shapes.latent_dim) if conditional else None
        # Four dimensions, so that maps are laid out channels last from the first one on.
        self.base = nn.Parameter(torch.randn(1, sizes.widths[0], *sizes.base))
        self.scale = linear(inputs, sizes.widths[0])
        self.stages = stages(options, sizes.widths, sizes.group, Upsampling)
        self.to_picture = init(nn.Conv2d(sizes.widths[-1], shapes.sample[0], 1, bias=False))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (B, Z) and labels (B,) or (B, K) to pictures (B, C, H, W) in the data's range."""
        if self.of_labels is not None:
            latents = torch.cat([latents, self.of_labels(labels)], dim=1)
        features = self.base * self.scale(latents)[:, :, None, None]
        return self.shapes.bound(self.to_picture(self.stages(features)))
