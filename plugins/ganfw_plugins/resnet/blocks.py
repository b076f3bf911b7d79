"""Residual blocks with activation before convolution (He et al. 2016, "Identity mappings")."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, relu

from .norms import Condition, Norm


class UpBlock(nn.Module):
    """(B, C, H, W) to (B, out, 2H, 2W): Miyato et al. 2018, fig. 8; Brock et al. 2019, fig. 15b."""

    def __init__(self, in_channels: int, out_channels: int, condition: Condition) -> None:
        super().__init__()
        self.norm1 = Norm(in_channels, condition)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm2 = Norm(out_channels, condition)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.shortcut = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, features: Tensor, given: Tensor | None) -> Tensor:
        """The sum of both paths. The shortcut is enlarged last, which is the same and cheaper."""
        hidden = self.conv1(doubled(relu(self.norm1(features, given))))
        hidden = self.conv2(relu(self.norm2(hidden, given)))
        total: Tensor = hidden + doubled(self.shortcut(features))
        return total


class DownBlock(nn.Module):
    """(B, C, H, W) to (B, out, H/2, W/2), or (B, out, H, W) if it does not ``halve``.

    ``hidden`` is the width between the two convolutions. The ``first`` block of a network sees
    pixels: it has no activation in front, and no norm.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        hidden: int,
        halve: bool,
        first: bool = False,
        norm: str = "none",
    ) -> None:
        super().__init__()
        norm = "none" if first else norm
        self.norm1, self.norm2 = _norm(in_channels, norm), _norm(hidden, norm)
        self.conv1 = nn.Conv2d(in_channels, hidden, 3, padding=1)
        self.conv2 = nn.Conv2d(hidden, out_channels, 3, padding=1)
        is_same = in_channels == out_channels and not halve
        self.shortcut = nn.Identity() if is_same else nn.Conv2d(in_channels, out_channels, 1)
        self.first, self.halve = first, halve

    def forward(self, features: Tensor) -> Tensor:
        """The sum of both paths. The shortcut is made small first, which is the same and
        cheaper."""
        hidden = features if self.first else relu(self.norm1(features))
        hidden = self.conv2(relu(self.norm2(self.conv1(hidden))))
        if self.halve:
            hidden, features = avg_pool2d(hidden, 2), avg_pool2d(features, 2)
        total: Tensor = hidden + self.shortcut(features)
        return total


def down_blocks(
    inputs: int, widths: Sequence[int], halvings: int, wide: bool = False, norm: str = "none"
) -> list[nn.Module]:
    """Blocks from ``inputs`` channels on, of which the first ``halvings`` halve. Between its
    convolutions a block has as many channels as it is given, or as it gives if it is ``wide``."""
    blocks: list[nn.Module] = []
    for number, width in enumerate(widths):
        hidden = width if wide or not number else inputs
        blocks.append(DownBlock(inputs, width, hidden, number < halvings, not number, norm))
        inputs = width
    return blocks


def _norm(channels: int, norm: str) -> nn.Module:
    # One group is layer norm over a whole sample, with a scale and a shift for each channel.
    return nn.GroupNorm(1, channels) if norm == "layer" else nn.Identity()


def doubled(features: Tensor) -> Tensor:
    """(B, C, H, W) to (B, C, 2H, 2W): every value four times."""
    return interpolate(features, scale_factor=2.0)
