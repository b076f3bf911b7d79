"""Is it new, or learnt by heart? Samples beside the real ones that lie nearest."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from .data.pictures import picture_grid

SAMPLES, NEIGHBOURS = 8, 7
_ROWS = 256


def nearest_real(samples: Tensor, real: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The ``count`` real samples (N, ...) nearest to each of ``samples`` (B, ...), by Euclidean
    distance of their values: indices (B, count) and distances (B, count), nearest first."""
    flat = real.flatten(1)
    found = [
        torch.cdist(rows, flat).topk(min(count, len(real)), largest=False)
        for rows in torch.split(samples.flatten(1), _ROWS)
    ]
    return torch.cat([each.indices for each in found]), torch.cat([each.values for each in found])


def nearest_picture(samples: Tensor, real: Tensor, value_range: tuple[float, float]) -> Image.Image:
    """A row for each of ``samples``: itself, then the real ones, nearest first."""
    indices, _ = nearest_real(samples, real, NEIGHBOURS)
    rows = [torch.cat([samples[i : i + 1], real[indices[i]]]) for i in range(len(samples))]
    return picture_grid(torch.cat(rows), value_range, columns=rows[0].shape[0])


def novelty(samples: Tensor, real: Tensor) -> float:
    """How far ``samples`` lie from the nearest real ones, as a multiple of how far as many real
    ones lie from their nearest: medians. Far below 1 is learnt by heart, 1 is like the data."""
    generated = nearest_real(samples, real, 1)[1][:, 0].median()
    # The nearest to a real sample is itself.
    known = nearest_real(real[: len(samples)], real, 2)[1][:, -1].median()
    return float(generated / known.clamp(min=1e-12))
