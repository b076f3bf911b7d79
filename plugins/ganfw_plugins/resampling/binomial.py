"""The binomial filter [1, 3, 3, 1] that smooths what is resampled, so that no frequencies fold over
(Karras et al. 2019, section 2, after Zhang 2019). Beyond its edges a map is 0."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d

_GROUP = 16


class Filter(nn.Module):
    """What the three filters share: one kernel for each channel, with a sum of ``gain``."""

    kernel: Tensor
    group_kernel: Tensor

    def __init__(self, channels: int, gain: float = 1.0) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        kernel = (taps[:, None] * taps * gain).repeat(channels, 1, 1, 1)
        self.register_buffer("kernel", kernel, persistent=False)
        own = torch.eye(_GROUP).repeat(channels // _GROUP, 1)[:, :, None, None]
        self.register_buffer("group_kernel", own * kernel[: len(own)], persistent=False)
        self.channels = channels

    def kernel_and_groups(self, maps: Tensor) -> tuple[Tensor, int]:
        """For a convolution of ``maps``. CUDA has fast kernels for groups of channels, but none for
        single ones that are laid out last: there 16 are read together, 15 of them times 0."""
        if maps.is_cuda and self.channels % _GROUP == 0:
            return self.group_kernel, self.channels // _GROUP
        return self.kernel, self.channels


class Blur(Filter):
    """(B, C, H, W) to (B, C, H + 2p - 3, W + 2p - 3) for a ``padding`` of p."""

    def __init__(self, channels: int, padding: int, gain: float = 1.0) -> None:
        super().__init__(channels, gain)
        self.padding = padding

    def forward(self, maps: Tensor) -> Tensor:
        """Every channel by itself."""
        kernel, groups = self.kernel_and_groups(maps)
        return conv2d(maps, kernel, padding=self.padding, groups=groups)


class Halve(Filter):
    """(B, C, 2H, 2W) to (B, C, H, W)."""

    def forward(self, maps: Tensor) -> Tensor:
        """Every channel by itself."""
        kernel, groups = self.kernel_and_groups(maps)
        return conv2d(maps, kernel, stride=2, padding=1, groups=groups)


class Double(Filter):
    """(B, C, H, W) to (B, C, 2H, 2W)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, gain=4.0)

    def forward(self, maps: Tensor) -> Tensor:
        """Every channel by itself."""
        kernel, groups = self.kernel_and_groups(maps)
        return conv_transpose2d(maps, kernel, stride=2, padding=1, groups=groups)
