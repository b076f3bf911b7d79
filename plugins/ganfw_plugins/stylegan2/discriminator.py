"""The StyleGAN2 discriminator."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ganfw import ClassHead, Discriminator, Output, Shapes

from ..resampling.binomial import Blur, Halve
from .layers import GAIN, Convolution, Linear, full_precision
from .mapping import LabelMapping
from .options import DiscriminatorOptions
from .sizes import map_sizes


class StyleGAN2Discriminator(Discriminator):
    """Karras et al. 2020, fig. 7, and for labels StyleGAN2-ADA: blocks halve the map down to 4×4
    pixels, which are judged together.

    In the form "residual" blocks have a shortcut (fig. 7c); in the form "skip" the picture, made
    smaller, is read anew before each block (fig. 7b).
    """

    def __init__(self, options: DiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        sizes, channels = map_sizes(options, shapes)[::-1], shapes.sample[0]
        widths, residual = [size[0] for size in sizes], options.form == "residual"
        read = widths[:1] if residual else widths
        self.read = nn.ModuleList(Convolution(channels, width, 1) for width in read)
        self.blocks = nn.ModuleList(Block(*pair, residual) for pair in itertools.pairwise(widths))
        self.reduce = Halve(channels)
        self.head = Head(sizes[-1], options, shapes)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Output:
        """Pictures (B, C, H, W) and labels to scores (B,), and what the option ``head`` adds to
        them; its features are those of the dense layer. A score depends on its group."""
        features = self.read[0](samples)
        for block, read in itertools.zip_longest(self.blocks, self.read[1:]):
            features = block(features)
            if read is not None:
                samples = self.reduce(samples)
                features = features + read(samples)
        output: Output = self.head(features, labels)
        return output


class Block(nn.Module):
    """Two convolutions, of which the second halves the map: (B, in, H, W) to (B, out, H/2, W/2)."""

    def __init__(self, inputs: int, outputs: int, residual: bool) -> None:
        super().__init__()
        gain, self.shortcut = (1.0 if residual else GAIN), None
        self.layers = nn.Sequential(
            Convolution(inputs, inputs, 3),
            Blur(inputs, padding=2),
            Convolution(inputs, outputs, 3, gain=gain, strided=True),
        )
        if residual:
            narrow = Convolution(inputs, outputs, 1, gain=math.sqrt(0.5), active=False)
            self.shortcut = nn.Sequential(Halve(inputs), narrow)

    def forward(self, features: Tensor) -> Tensor:
        """Both paths of a residual block have half the variance of their sum."""
        halved: Tensor = self.layers(features)
        return halved if self.shortcut is None else halved + self.shortcut(features)


class Head(nn.Module):
    """The last map (B, C, 4, 4) to scores (B,), in float32: deviations of the minibatch, a
    convolution, a dense layer, and a score. With labels the score is a product with the label's
    vector, of C numbers too (Miyato & Koyama 2018, as StyleGAN2-ADA has it)."""

    def __init__(self, size: Sequence[int], options: DiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__()
        width, height, length = size
        self.group = options.group
        self.convolution = Convolution(width + 1, width, 3)
        self.dense = Linear(width * height * length, width, active=True)
        vectors = functools.partial(LabelMapping, layers=options.mapping_layers)
        self.class_head = ClassHead(
            options.head, width, shapes, linear=Linear, vectors=vectors, product=True
        )
        self.score = Linear(width, self.class_head.score_width)

    def forward(self, features: Tensor, labels: Tensor | None) -> Output:
        """Scores (B,), and what the option ``head`` adds."""
        with full_precision(features):
            features = with_deviation(features.to(self.dense.weight), self.group)
            features = self.dense(self.convolution(features).flatten(1))
            output: Output = self.class_head(self.score(features), features, labels)
            return output


def with_deviation(features: Tensor, group: int) -> Tensor:
    """(B, C, H, W) to (B, C + 1, H, W): the last map is the standard deviation over a group of
    samples, averaged over all features (Karras et al. 2018, section 3). Groups are of ``group``
    samples, or of fewer, such that they divide the batch; else the whole batch is one."""
    count = len(features)
    sizes = [size for size in range(min(group, count), 1, -1) if count % size == 0]
    size = sizes[0] if sizes else count
    groups = features.reshape(count // size, size, *features.shape[1:])
    deviation = (groups.var(dim=1, correction=0) + 1e-8).sqrt().mean((1, 2, 3))
    rows = deviation[:, None].expand(-1, size).reshape(-1, 1, 1, 1)
    return torch.cat([features, rows.expand(-1, 1, *features.shape[2:])], dim=1)
