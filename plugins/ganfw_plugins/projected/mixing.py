"""Frozen random mixing of a network's maps: Sauer et al. 2021, section 3.2."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate


class RandomMixing(nn.Module):
    """Four maps, fine to coarse, are mixed over channels by 1×1 convolutions, to w, 2w, 4w and 8w
    of them; then over scales, from the coarsest on: enlarged, added to the next, 3×3 convolution.

    Its weights are functions of ``seed``, in buffers that no checkpoint holds.
    """

    def __init__(self, inputs: Sequence[int], width: int, seed: int) -> None:
        super().__init__()
        random = np.random.RandomState(seed)  # its streams are the same in every release of NumPy
        wide = [width << level for level in range(len(inputs))]
        self.outputs = [width, *wide[:-1]]
        """Channels of the mixed maps, fine to coarse."""
        self.channels = nn.ModuleList(
            RandomConv(*pair, 1, random) for pair in zip(inputs, wide, strict=True)
        )
        self.scales = nn.ModuleList(
            RandomConv(*pair, 3, random) for pair in zip(wide, self.outputs, strict=True)
        )

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Maps (B, C, H, W), fine to coarse, to as many of the same sizes."""
        mixed: list[Tensor] = []
        for features, across, down in reversed(
            [*zip(maps, self.channels, self.scales, strict=True)]
        ):
            total = across(features)
            if mixed:
                size = total.shape[2:]
                total = total + interpolate(mixed[-1], size, mode="bilinear", align_corners=False)
            mixed.append(down(total))
        return mixed[::-1]


class RandomConv(nn.Module):
    """A convolution that never learns, with weights from N(0, 1/n), which keep the deviation."""

    weight: Tensor

    def __init__(
        self, inputs: int, outputs: int, kernel: int, random: np.random.RandomState
    ) -> None:
        super().__init__()
        shape = (outputs, inputs, kernel, kernel)
        numbers = random.standard_normal(shape) * math.sqrt(1 / math.prod(shape[1:]))
        weight = torch.from_numpy(numbers.astype(np.float32))
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to (B, out, H, W)."""
        return conv2d(features, self.weight, padding=self.weight.shape[2] // 2)
