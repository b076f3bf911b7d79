"""Batch norm whose scale and shift depend on a condition."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganfw import Shapes

from .labels import label_layer

Condition = Callable[[int], nn.Module | None]
"""Given C, makes a layer from a condition (B, ...) to numbers (B, C); None if there is none."""


class Norm(nn.Module):
    """Batch norm; with a condition its scale is 1 + gain(condition), its shift bias(condition)
    (Dumoulin et al. 2017, "A learned representation for artistic style", eq. 5)."""

    def __init__(self, channels: int, condition: Condition) -> None:
        super().__init__()
        self.gain, self.bias = condition(channels), condition(channels)
        self.norm = nn.BatchNorm2d(channels, affine=self.gain is None)

    def forward(self, features: Tensor, given: Tensor | None) -> Tensor:
        """(B, C, H, W), and the condition (B, ...) if there is one, to (B, C, H, W)."""
        normal: Tensor = self.norm(features)
        if self.gain is None or self.bias is None:
            return normal
        # In the features' precision: a product of bfloat16 and float32 would be float32.
        gain, bias = self.gain(given).to(normal), self.bias(given).to(normal)
        return torch.addcmul(bias[:, :, None, None], normal, 1 + gain[:, :, None, None])


def by_vector(length: int) -> Condition:
    """For vectors (B, length): linear maps of them (Brock et al. 2019, appendix B)."""

    def make(channels: int) -> nn.Module | None:
        return nn.Linear(length, channels, bias=False)

    return make


def by_label(shapes: Shapes, conditional: bool = True) -> Condition:
    """For labels (B, ...). The numbers of a class are 0 at first, so that all begin alike (Miyato &
    Koyama 2018, section 4.1)."""

    def make(channels: int) -> nn.Module | None:
        embedding = label_layer(shapes, channels, conditional)
        if embedding is not None and isinstance(embedding.layer, nn.Embedding):
            nn.init.zeros_(embedding.layer.weight)
        return embedding

    return make
