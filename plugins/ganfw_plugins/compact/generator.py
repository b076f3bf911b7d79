"""A generator that sums pictures of every size, so that coarse structure is learnt first."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganfw import Generator, LabelEmbedding, Shapes

from ..dcgan.model import ResizeBlock
from .options import GeneratorOptions
from .widths import doubling

_STD, _PAINT_STD = 0.02, 0.05


class CompactGenerator(Generator):
    """Latents become a small map, and blocks double it up to the picture's size. Every map gives a
    picture of its own size; the pictures are enlarged and summed (Karras et al. 2020, "Analyzing
    and improving the image quality of StyleGAN", fig. 7b). Labels become a vector beside the
    latents."""

    def __init__(self, options: GeneratorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        base, doublings = shapes.halvings()
        widths = doubling(options.channels, doublings + 1, options.widest)[::-1]
        conditional = options.conditional and shapes.has_labels
        inputs = shapes.latent_dim * (2 if conditional else 1)
        self.of_labels = LabelEmbedding(shapes, shapes.latent_dim) if conditional else None
        first = nn.ConvTranspose2d(inputs, widths[0], base, bias=False)
        self.first = nn.Sequential(first, nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True))
        self.blocks = nn.ModuleList(ResizeBlock(*pair) for pair in itertools.pairwise(widths))
        paint = [nn.Conv2d(width, shapes.sample[0], 1) for width in widths]
        self.paint = nn.ModuleList(paint)
        if self.of_labels is not None:
            _init_labels(self.of_labels, options.label_std)
        self.apply(_init)
        for layer in paint:
            nn.init.normal_(layer.weight, 0.0, _PAINT_STD)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (B, Z) and labels (B,) or (B, K) to pictures (B, C, H, W) in the data's range,
        through tanh."""
        if self.of_labels is not None:
            latents = torch.cat([latents, self.of_labels(labels)], dim=1)
        features = self.first(latents[:, :, None, None])
        picture = self.paint[0](features)
        for block, paint in zip(self.blocks, self.paint[1:], strict=True):
            features = block(features)
            picture = _doubled(picture) + paint(features)
        return self.shapes.bound(picture)


def _doubled(picture: Tensor) -> Tensor:
    return interpolate(picture, scale_factor=2.0, mode="bilinear", align_corners=False)


def _init(module: nn.Module) -> None:
    # As in Radford et al. 2016, section 4; the scales of batch norm around 1, not 0.
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, _STD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, _STD)


def _init_labels(embedding: LabelEmbedding, std: float) -> None:
    if isinstance(embedding.layer, nn.Embedding):
        nn.init.normal_(embedding.layer.weight, 0.0, std)
