"""Residual blocks of BigGAN-deep: a bottleneck of a quarter of the channels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, relu

from .blocks import doubled
from .norms import Condition, Norm

_RATIO = 4


class DeepUpBlock(nn.Module):
    """(B, C, H, W) to (B, out, 2H, 2W), or (B, out, H, W) if it does not ``enlarge`` (Brock et al.
    2019, fig. 16b). The shortcut keeps the first channels and drops the others."""

    def __init__(
        self, in_channels: int, out_channels: int, condition: Condition, enlarge: bool
    ) -> None:
        super().__init__()
        hidden = max(in_channels // _RATIO, 1)
        self.norm1, self.conv1 = Norm(in_channels, condition), nn.Conv2d(in_channels, hidden, 1)
        self.norm2, self.conv2 = Norm(hidden, condition), nn.Conv2d(hidden, hidden, 3, padding=1)
        self.norm3, self.conv3 = Norm(hidden, condition), nn.Conv2d(hidden, hidden, 3, padding=1)
        self.norm4, self.conv4 = Norm(hidden, condition), nn.Conv2d(hidden, out_channels, 1)
        self.kept, self.enlarge = out_channels, enlarge

    def forward(self, features: Tensor, given: Tensor | None) -> Tensor:
        """The sum of both paths."""
        hidden = self.conv1(relu(self.norm1(features, given)))
        hidden, shortcut = relu(self.norm2(hidden, given)), features[:, : self.kept]
        if self.enlarge:
            hidden, shortcut = doubled(hidden), doubled(shortcut)
        hidden = self.conv3(relu(self.norm3(self.conv2(hidden), given)))
        hidden = self.conv4(relu(self.norm4(hidden, given)))
        total: Tensor = hidden + shortcut
        return total


class DeepDownBlock(nn.Module):
    """(B, C, H, W) to (B, out, H/2, W/2), or (B, out, H, W) if it does not ``halve`` (Brock et al.
    2019, fig. 16c). The shortcut keeps all channels; a 1×1 convolution adds what is missing."""

    def __init__(self, in_channels: int, out_channels: int, halve: bool) -> None:
        super().__init__()
        hidden, missing = max(out_channels // _RATIO, 1), out_channels - in_channels
        self.conv1 = nn.Conv2d(in_channels, hidden, 1)
        self.conv2 = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.conv3 = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.conv4 = nn.Conv2d(hidden, out_channels, 1)
        self.missing = nn.Conv2d(in_channels, missing, 1) if missing else None
        self.halve = halve

    def forward(self, features: Tensor) -> Tensor:
        """The sum of both paths."""
        hidden = relu(self.conv2(relu(self.conv1(relu(features)))))
        hidden = relu(self.conv3(hidden))
        if self.halve:
            hidden, features = avg_pool2d(hidden, 2), avg_pool2d(features, 2)
        if self.missing is not None:
            features = torch.cat([features, self.missing(features)], dim=1)
        total: Tensor = self.conv4(hidden) + features
        return total
