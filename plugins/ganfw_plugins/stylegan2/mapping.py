"""The mapping network: latents and labels to w."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from ganfw import Shapes, ShapesError, UsageError

from .layers import Linear, full_precision, normalised

_LR = 0.01


class Mapping(nn.Module):
    """Latents (B, Z), labels (B, *shapes.label), or both, to w (B, width), always in float32.

    Latents and embedded labels are normalised, joined, and go through layers that learn a hundred
    times as slowly as others (Karras et al. 2019, section 2 and appendix C; labels as in
    StyleGAN2-ADA)."""

    def __init__(self, latent_dim: int, shapes: Shapes, width: int, layers: int) -> None:
        super().__init__()
        self.classes, length = shapes.classes, label_length(shapes)
        self.embed = Linear(length, width) if length else None
        sizes = [latent_dim + (width if length else 0), *[width] * layers]
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
            raise UsageError("this stylegan2 was made for data with labels: give it some")
        if not self.classes:
            return labels.to(like)
        return (labels[:, None] == torch.arange(self.classes, device=labels.device)).to(like)


def label_length(shapes: Shapes) -> int:
    """The length of a label as a vector; 0 without labels. Raises ShapesError for pictures and
    texts."""
    if shapes.classes or not shapes.label:
        return shapes.classes
    if len(shapes.label) > 1 or shapes.label_values:
        raise ShapesError(f"its labels are classes or vectors, and the data's are {shapes.label}")
    return shapes.label[0]
