"""The mapping network: latents and labels to w, or labels alone."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from ganfw import Shapes, UsageError

from .layers import Linear, full_precision, normalised

_LR = 0.01


class Mapping(nn.Module):
    """Latents (B, Z), labels (B,) or (B, K), or both, to w (B, width), in float32 under autocast.

    Latents and embedded labels are normalised, joined, and go through layers that learn a hundred
    times as slowly as others (Karras et al. 2019, section 2 and appendix C; labels as in
    StyleGAN2-ADA)."""

    def __init__(self, latent_dim: int, label_length: int, width: int, layers: int) -> None:
        super().__init__()
        self.embed = Linear(label_length, width) if label_length else None
        self.label_length = label_length
        sizes = [latent_dim + (width if label_length else 0), *[width] * layers]
        self.layers = nn.Sequential(
            *(Linear(*pair, active=True, lr_multiplier=_LR) for pair in itertools.pairwise(sizes))
        )

    def forward(self, latents: Tensor | None, labels: Tensor | None) -> Tensor:
        """Raises UsageError where labels are needed and there are none."""
        parts = [] if latents is None else [normalised(latents)]
        if self.embed is not None:
            vectors = self._vectors(labels, self.embed.weight)
            with full_precision(vectors):
                parts.append(normalised(self.embed(vectors)))
        with full_precision(parts[0]):
            w: Tensor = self.layers(torch.cat(parts, dim=1))
            return w

    def _vectors(self, labels: Tensor | None, like: Tensor) -> Tensor:
        """Labels as vectors (B, F); a class is a 1 among zeros."""
        if labels is None:
            raise UsageError("this network is conditional: give it labels")
        if labels.ndim == 1:
            labels = labels[:, None] == torch.arange(self.label_length, device=labels.device)
        return labels.to(like)


class LabelMapping(nn.Module):
    """Labels to vectors (B, width) for the discriminator, divided by √width, so that their products
    with others keep the variance."""

    def __init__(self, shapes: Shapes, width: int, layers: int) -> None:
        super().__init__()
        self.mapping = Mapping(0, shapes.label_length(), width, layers)
        self.scale = 1 / math.sqrt(width)

    def forward(self, labels: Tensor | None) -> Tensor:
        """As `Mapping`, without latents."""
        w: Tensor = self.mapping(None, labels)
        return w * self.scale
