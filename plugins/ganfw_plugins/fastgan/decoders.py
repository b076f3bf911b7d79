"""The decoders of FastGAN's discriminator, and what they are to rebuild."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from .layers import convolution, up

_HALVES = (4, 2, 2, 1)
"""Widths of a decoder's maps, in halves of ``channels``."""


class Decoders(nn.Module):
    """One small decoder for each of ``widths``, those of the maps that they begin with (Liu et al.
    2021, section 3.2)."""

    def __init__(
        self, widths: Mapping[str, int], channels: int, colors: int, doublings: int
    ) -> None:
        super().__init__()
        inner = [max(channels * part // 2, 1) for part in _HALVES[:doublings]]
        self.decoders = nn.ModuleDict(
            {
                name: nn.Sequential(
                    *itertools.starmap(up, itertools.pairwise([width, *inner])),
                    convolution(inner[-1], colors, 3, padding=1),
                )
                for name, width in widths.items()
            }
        )

    def forward(self, maps: Mapping[str, Tensor]) -> Tensor:
        """Maps by name, each (B, C', h, w), to pictures (B, K, C, H, W) before their bounds."""
        return torch.stack([decode(maps[name]) for name, decode in self.decoders.items()], dim=1)


def quarters(pictures: Tensor, which: Tensor) -> Tensor:
    """(B, C, H, W) to (B, C, H/2, W/2): of each the quarter ``which`` (B,), from 0 to 3."""
    count, colors, height, width = pictures.shape
    parts = pictures.reshape(count, colors, 2, height // 2, 2, width // 2)
    rows = torch.arange(count, device=pictures.device)
    quarter: Tensor = parts[rows, :, which // 2, :, which % 2]
    return quarter


def resized(pictures: Tensor, like: Tensor) -> Tensor:
    """(B, C, H, W) to the sides of ``like``: means of pixels, or each pixel several times."""
    height, width = like.shape[-2:]
    return adaptive_avg_pool2d(pictures, (height, width))
