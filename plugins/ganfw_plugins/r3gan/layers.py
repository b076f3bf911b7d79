"""What both networks are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganfw import LabelEmbedding, Shapes

from ..resampling.binomial import Halve
from .options import R3GANOptions

Layer = TypeVar("Layer", nn.Conv2d, nn.Linear)

_SLOPE = 0.2
_GAIN = math.sqrt(2 / (1 + _SLOPE**2))
"""Of leaky ReLU (He et al. 2015, section 2.2)."""

_WEIGHTED_LAYERS = 3
"""Of a residual branch: m in Zhang et al. 2019."""


class ResidualBlock(nn.Module):
    """(B, C, H, W) to the same shape: 1×1, grouped 3×3 and 1×1 convolutions, wider inside (Huang et
    al. 2024, section 4, config E). Activations are leaky ReLUs with a bias; there is no norm.

    Instead, Fix-up initialization keeps variances (Zhang et al. 2019, section 3.2): with L blocks
    in the network the first two weights are scaled by L^(-1/(2m-2)), m = 3, and the last is 0.
    """

    def __init__(self, channels: int, expansion: int, group: int, depth: int) -> None:
        super().__init__()
        inside = channels * expansion
        groups = inside // math.gcd(inside, group)
        gain = _GAIN * depth ** (-1 / (2 * _WEIGHTED_LAYERS - 2))
        self.branch = nn.Sequential(
            init(nn.Conv2d(channels, inside, 1), gain),
            nn.LeakyReLU(_SLOPE, inplace=True),
            init(nn.Conv2d(inside, inside, 3, padding=1, groups=groups), gain),
            nn.LeakyReLU(_SLOPE, inplace=True),
            init(nn.Conv2d(inside, channels, 1, bias=False), 0.0),
        )

    def forward(self, features: Tensor) -> Tensor:
        """The sum of ``features`` (B, C, H, W) and the branch."""
        summed: Tensor = features + self.branch(features)
        return summed


class Upsampling(nn.Module):
    """(B, C, H, W) to (B, out, 2H, 2W): a 1×1 convolution where widths differ, then bilinear
    interpolation, which is the filter [1, 3, 3, 1]."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.project = projection(in_channels, out_channels)

    def forward(self, features: Tensor) -> Tensor:
        """Twice as many rows and columns."""
        mode = "bilinear"
        return interpolate(self.project(features), scale_factor=2.0, mode=mode, align_corners=False)


class Downsampling(nn.Module):
    """(B, C, H, W) to (B, out, H/2, W/2): the filter [1, 3, 3, 1], then a 1×1 convolution where
    widths differ."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.halve = Halve(in_channels)
        self.project = projection(in_channels, out_channels)

    def forward(self, features: Tensor) -> Tensor:
        """Half as many rows and columns."""
        halved: Tensor = self.project(self.halve(features))
        return halved


def label_embedding(shapes: Shapes, features: int, gain: float = 1.0) -> LabelEmbedding:
    """Labels to (B, features). A class is taken as a vector of 0 and one 1, so that the variance of
    both kinds of labels is ``gain``² / fan-in."""
    embedding = LabelEmbedding(shapes, features)
    nn.init.normal_(embedding.layer.weight, 0.0, gain / math.sqrt(shapes.label_length()))
    return embedding


def stages(
    options: R3GANOptions,
    widths: Sequence[int],
    group: int,
    resample: Callable[[int, int], nn.Module],
) -> nn.Sequential:
    """Residual blocks for maps of each of the ``widths``, with ``resample(before, width)`` between
    them."""
    depth = options.blocks * len(widths)
    layers: list[nn.Module] = []
    for i, width in enumerate(widths):
        layers += [resample(widths[i - 1], width)] if i else []
        block = width, options.expansion, group, depth
        layers += [ResidualBlock(*block) for _ in range(options.blocks)]
    return nn.Sequential(*layers)


def projection(in_channels: int, out_channels: int) -> nn.Module:
    """A 1×1 convolution from one width to another, or nothing."""
    if in_channels == out_channels:
        return nn.Identity()
    return init(nn.Conv2d(in_channels, out_channels, 1, bias=False))


def linear(inputs: int, outputs: int) -> nn.Linear:
    """(B, inputs) to (B, outputs), without bias."""
    return init(nn.Linear(inputs, outputs, bias=False))


def init(layer: Layer, gain: float = 1.0) -> Layer:
    """Weights N(0, gain² / fan-in) (He et al. 2015, equation 14), biases 0. Returns ``layer``."""
    with torch.no_grad():
        layer.weight.normal_().mul_(gain / math.sqrt(layer.weight[0].numel()))
        if layer.bias is not None:
            layer.bias.zero_()
    return layer
