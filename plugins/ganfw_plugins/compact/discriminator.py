"""A discriminator without norms, so that gradient penalties act on single samples."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, leaky_relu

from ganfw import ClassHead, Discriminator, Output, Shapes

from .options import DiscriminatorOptions
from .widths import doubling

_STD, _SLOPE = 0.05, 0.2


class CompactDiscriminator(Discriminator):
    """Residual blocks halve the picture. A last convolution scores the result and one more map, the
    standard deviation over the batch: it is low where all samples are alike (Karras et al. 2018,
    section 3)."""

    def __init__(self, options: DiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        base, halvings = shapes.halvings()
        widths = (shapes.sample[0], *doubling(options.channels, halvings, options.widest))
        self.blocks = nn.Sequential(*(Block(*pair) for pair in itertools.pairwise(widths)))
        head = ClassHead(options.head, widths[-1], shapes)
        self.head = nn.Conv2d(widths[-1] + 1, head.score_width, base, bias=False)
        self.class_head = head
        self.apply(_init)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Output:
        """Pictures (B, C, H, W) to scores (B,), and what the option ``head`` adds to them; its
        features are the last map's sums. A score depends a little on the whole batch."""
        features = self.blocks(samples)
        scores = self.head(with_deviation(features)).flatten(1)
        output: Output = self.class_head(scores, features.sum((2, 3)), labels)
        return output


class Block(nn.Module):
    """A strided convolution and leaky ReLU beside an averaging shortcut (He et al. 2016):
    (B, C, H, W) to (B, out, H/2, W/2)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(in_channels, out_channels, 4, 2, 1)
        self.shortcut = nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """The sum of both paths, scaled to keep its variance."""
        shortcut = self.shortcut(avg_pool2d(features, 2))
        total: Tensor = leaky_relu(self.convolution(features), _SLOPE) + shortcut
        return total * math.sqrt(0.5)


def with_deviation(features: Tensor) -> Tensor:
    """(B, C, H, W) to (B, C + 1, H, W): the last map is the standard deviation over the batch,
    averaged over all features; almost 0 for a batch of one."""
    # Not var(dim=0), which takes six times as long on a CPU.
    variance = (features - features.mean(0)).square().mean(0)
    deviation = (variance + 1e-8).sqrt().mean()
    return torch.cat([features, deviation.expand(len(features), 1, *features.shape[2:])], dim=1)


def _init(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, 0.0, _STD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
