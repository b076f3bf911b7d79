"""The binomial filter [1, 3, 3, 1] that smooths what is resampled, so that no frequencies fold over
(Karras et al. 2019, section 2, after Zhang 2019). Beyond its edges a map is 0."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d


class Filter(nn.Module):
    """What the three filters share: one kernel for each channel, with a sum of ``gain``."""

    kernel: Tensor

    def __init__(self, channels: int, gain: float = 1.0) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        kernel = (taps[:, None] * taps * gain).repeat(channels, 1, 1, 1)
        self.register_buffer("kernel", kernel, persistent=False)
        self.channels = channels


class Blur(Filter):
    """(B, C, H, W) to (B, C, H + 2p - 3, W + 2p - 3) for a ``padding`` of p."""

    def __init__(self, channels: int, padding: int, gain: float = 1.0) -> None:
        super().__init__(channels, gain)
        self.padding = padding

    def forward(self, maps: Tensor) -> Tensor:
        """Every channel by itself."""
        return conv2d(maps, self.kernel, padding=self.padding, groups=self.channels)


class Halve(Filter):
    """(B, C, 2H, 2W) to (B, C, H, W)."""

    def forward(self, maps: Tensor) -> Tensor:
        """Every channel by itself."""
        return conv2d(maps, self.kernel, stride=2, padding=1, groups=self.channels)


class Double(Filter):
    """(B, C, H, W) to (B, C, 2H, 2W)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, gain=4.0)

    def forward(self, maps: Tensor) -> Tensor:
        """Every channel by itself."""
        return conv_transpose2d(maps, self.kernel, stride=2, padding=1, groups=self.channels)
