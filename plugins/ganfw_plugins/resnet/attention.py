"""Self-attention over the places of a map."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from ganfw import Shapes


class Attention(nn.Module):
    """Zhang et al. 2019, eqs. 1 to 3: sᵢⱼ = f(xᵢ)ᵀ g(xⱼ), β = softmax of s over i,
    o = v(Σᵢ βⱼᵢ h(xᵢ)), y = γ o + x, where γ begins at 0; f, g and h have an eighth of the
    channels.

    With ``pooled`` i goes over a map of half the sides, and h has half of the channels: the form
    that the authors published as code, and that Brock et al. 2019 use. It takes a quarter of the
    memory.
    """

    def __init__(self, channels: int, pooled: bool) -> None:
        super().__init__()
        inner = max(channels // 8, 1)
        values = max(channels // 2, 1) if pooled else inner
        self.pooled = pooled
        self.f = nn.Conv2d(channels, inner, 1, bias=False)
        self.g = nn.Conv2d(channels, inner, 1, bias=False)
        self.h = nn.Conv2d(channels, values, 1, bias=False)
        self.v = nn.Conv2d(values, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        keys, values = self.f(features), self.h(features)
        if self.pooled:
            keys, values = max_pool2d(keys, 2), max_pool2d(values, 2)
        similarities = keys.flatten(2).mT @ self.g(features).flatten(2)  # (B, places i, places j)
        attended = values.flatten(2) @ similarities.softmax(dim=1)
        change: Tensor = self.v(attended.unflatten(2, features.shape[2:]))
        return torch.addcmul(features, self.gamma.to(change), change)


class Attended(nn.Module):
    """A generator's ``block`` behind ``attention``."""

    def __init__(self, attention: Attention, block: nn.Module) -> None:
        super().__init__()
        self.attention, self.block = attention, block

    def forward(self, features: Tensor, given: Tensor | None) -> Tensor:
        """Features (B, C, H, W) and a condition (B, ...) to what the block gives."""
        larger: Tensor = self.block(self.attention(features), given)
        return larger


def place_in_generator(shapes: Shapes, limit: int) -> int:
    """The number of the doubling in front of which a map is ``limit`` high, or the nearest below
    that."""
    (height, _), doublings = shapes.halvings()
    return _place([height << i for i in range(doublings)], limit)


def place_in_discriminator(shapes: Shapes, limit: int, halvings: int) -> int:
    """The number of the halving after which a map is ``limit`` high, or the nearest below that."""
    return _place([shapes.sample[1] >> i for i in range(1, halvings + 1)], limit)


def _place(heights: list[int], limit: int) -> int:
    """Where the largest of ``heights`` up to ``limit`` is; the least, if all are larger."""
    return heights.index(max([height for height in heights if height <= limit] or [min(heights)]))
