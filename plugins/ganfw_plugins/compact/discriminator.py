"""A discriminator without norms, so that gradient penalties act on single samples."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, leaky_relu

from ganfw import ClassHead, Discriminator, Head, Output, Shapes, tensor_of

from .options import DiscriminatorOptions
from .widths import doubling

_STD, _SLOPE = 0.05, 0.2
_LAYOUT_HALVINGS = 2

_OF_LAYOUT: tuple[Head, ...] = ("projection", "auto")
"""The heads that are those of the layout where there is a critic of it."""


class CompactDiscriminator(Discriminator):
    """Residual blocks halve the picture. A last convolution scores the result and one more map, the
    standard deviation over the batch: it is low where all samples are alike (Karras et al. 2018,
    section 3).

    With ``layout`` a second, small critic gives a score of its own: of the pictures reduced, as
    they are without augments. Strong augments then keep the first one from memorizing, and the
    second one sees to it that what they do does not become part of the samples. It alone sees the
    labels of a projection: the first one judges details, which classes have in common.
    """

    def __init__(self, options: DiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        base, halvings = shapes.halvings()
        widths = doubling(options.channels, halvings, options.widest)
        self.blocks = _blocks(shapes, widths)
        by_layout = options.layout > 0 and options.head in _OF_LAYOUT
        head = ClassHead("features" if by_layout else options.head, widths[-1], shapes)
        self.head = nn.Conv2d(widths[-1] + 1, head.score_width, base, bias=False)
        self.class_head = head
        self.layout = LayoutCritic(options, shapes) if options.layout else None
        self.sees_unaugmented = self.layout is not None
        self.apply(_init)

    def forward(
        self, samples: Tensor, labels: Tensor | None = None, unaugmented: Tensor | None = None
    ) -> Output:
        """Pictures (B, C, H, W) to scores (B,), with ``layout`` (B, 2), and what the option
        ``head`` adds to them; its features are the last map's sums. A score depends a little on the
        whole batch."""
        features = self.blocks(samples)
        scores = self.head(with_deviation(features)).flatten(1)
        output: Output = self.class_head(scores, features.sum((2, 3)), labels)
        if self.layout is None:
            return output
        layout = self.layout(samples if unaugmented is None else unaugmented, labels)
        both = torch.stack([tensor_of(output, "scores"), layout], dim=1)
        return {**output, "scores": both} if isinstance(output, Mapping) else both


class LayoutCritic(nn.Module):
    """Where things are, and of which colours: pictures (B, C, H, W), reduced to sides of 16 to 28
    by averaging, and labels to scores (B,)."""

    def __init__(self, options: DiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__()
        base, halvings = shapes.halvings()
        seen = min(halvings, _LAYOUT_HALVINGS)
        self.reduced = 2 ** (halvings - seen)
        widths = doubling(options.layout, seen, options.widest)
        self.blocks = _blocks(shapes, widths)
        self.head = nn.Conv2d(widths[-1] + 1, 1, base, bias=False)
        head: Head = options.head if options.head in _OF_LAYOUT else "scores"
        self.class_head = ClassHead(head, widths[-1], shapes)

    def forward(self, pictures: Tensor, labels: Tensor | None = None) -> Tensor:
        """Scores (B,). One depends a little on the whole batch."""
        features = self.blocks(avg_pool2d(pictures, self.reduced))
        scores = self.head(with_deviation(features)).flatten(1)
        return tensor_of(self.class_head(scores, features.sum((2, 3)), labels), "scores")


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


def _blocks(shapes: Shapes, widths: tuple[int, ...]) -> nn.Sequential:
    pairs = itertools.pairwise((shapes.sample[0], *widths))
    return nn.Sequential(*(Block(*pair) for pair in pairs))


def _init(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Embedding):
        nn.init.normal_(module.weight, 0.0, _STD)
    if isinstance(module, nn.Conv2d) and module.bias is not None:
        nn.init.zeros_(module.bias)
