"""The synthesis network: a w for each layer to a picture."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from ..resampling.binomial import Double
from .layers import GAIN, SLOPE, Convolution, full_precision
from .modulation import ModulatedConvolution

Size = tuple[int, int, int]
"""Channels, height and width of a map."""


class Synthesis(nn.Module):
    """ws (B, L, W) to pictures (B, C, H, W), unbounded. The first map is learnt, and each of n
    blocks doubles the map before it; L = 2n + 2 (Karras et al. 2020, fig. 2c).

    Every map is painted, and the pictures are enlarged and summed (fig. 7b); or, ``residual``,
    blocks have a shortcut and only the last map is painted (fig. 7c).
    """

    def __init__(self, sizes: Sequence[Size], channels: int, w_dim: int, residual: bool) -> None:
        super().__init__()
        self.constant = nn.Parameter(torch.randn(1, *sizes[0]))
        self.first = StyledLayer(sizes[0][0], sizes[0], w_dim)
        self.blocks = nn.ModuleList(
            Block(*pair, w_dim, residual) for pair in itertools.pairwise(sizes)
        )
        painted = sizes[-1:] if residual else sizes
        self.paint = nn.ModuleList(Paint(size[0], channels, w_dim) for size in painted)
        self.unpainted = len(sizes) - len(painted)
        self.enlarge = Double(channels)

    def forward(self, ws: Tensor) -> Tensor:
        """A painter shares its w with the next block's first layer."""
        styles = ws.unbind(1)
        maps = zip(self._maps(styles), styles[1::2], strict=True)
        picture: Tensor | None = None
        painted = itertools.islice(maps, self.unpainted, None)
        for paint, (features, style) in zip(self.paint, painted, strict=True):
            added: Tensor = paint(features, style)
            picture = added if picture is None else self._enlarged(picture) + added
        assert picture is not None
        return picture

    def _maps(self, styles: Sequence[Tensor]) -> Iterator[Tensor]:
        """From the smallest to the largest."""
        features = self.first(self.constant.expand(len(styles[0]), -1, -1, -1), styles[0])
        yield features
        for number, block in enumerate(self.blocks):
            features = block(features, *styles[2 * number + 1 : 2 * number + 3])
            yield features

    def _enlarged(self, picture: Tensor) -> Tensor:
        with full_precision(picture):
            doubled: Tensor = self.enlarge(picture)
            return doubled


class Block(nn.Module):
    """Two layers, of which the first doubles the map: (B, in, H, W) to (B, out, 2H, 2W)."""

    def __init__(self, before: Size, after: Size, w_dim: int, residual: bool) -> None:
        super().__init__()
        gain = 1.0 if residual else GAIN
        self.first = StyledLayer(before[0], after, w_dim, doubles=True)
        self.second = StyledLayer(after[0], after, w_dim, gain=gain)
        shortcut = (
            Convolution(before[0], after[0], 1, gain=math.sqrt(0.5), active=False),
            Double(after[0]),
        )
        self.shortcut = nn.Sequential(*shortcut) if residual else None

    def forward(self, features: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """Both paths of a residual block have half the variance of their sum."""
        layers: Tensor = self.second(self.first(features, first), second)
        return layers if self.shortcut is None else layers + self.shortcut(features)


class StyledLayer(nn.Module):
    """A modulated convolution, noise of a learnt strength, a bias, leaky ReLU (fig. 2c). Noise is
    new for each sample in training and the same for all in evaluation, so that a sample depends on
    its latent alone."""

    noise: Tensor

    def __init__(
        self, inputs: int, size: Size, w_dim: int, *, gain: float = GAIN, doubles: bool = False
    ) -> None:
        super().__init__()
        self.convolution = ModulatedConvolution(inputs, size[0], 3, w_dim, doubles=doubles)
        self.strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(size[0], 1, 1))
        self.register_buffer("noise", torch.randn(1, 1, *size[1:]))
        self.gain = gain

    def forward(self, features: Tensor, w: Tensor) -> Tensor:
        """(B, in, H, W) to (B, *size). Leaky ReLU lets the gain through, so that it is part of what
        goes in; three passes over the map are enough."""
        features, scale = self.convolution(features, w)
        drawn = torch.randn_like(features[:, :1]) if self.training else self.noise.to(features)
        noise = drawn * (self.strength * self.gain).to(features)
        features = torch.addcmul(noise, features, scale * self.gain)
        features = features + (self.bias * self.gain).to(features)
        return leaky_relu(features, SLOPE, inplace=True)


class Paint(nn.Module):
    """(B, in, H, W) to pictures (B, C, H, W), in the precision of w: modulated, but not demodulated
    (appendix B, "tRGB")."""

    def __init__(self, inputs: int, channels: int, w_dim: int) -> None:
        super().__init__()
        self.convolution = ModulatedConvolution(inputs, channels, 1, w_dim, demodulates=False)
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, features: Tensor, w: Tensor) -> Tensor:
        """A linear map of each pixel."""
        colours, _ = self.convolution(features, w)
        painted: Tensor = colours.to(w) + self.bias
        return painted
