"""Are samples new, or memorized? Samples beside the nearest real ones."""

from __future__ import annotations

import hashlib

import torch
from PIL import Image
from torch import Tensor

from ..errors import UsageError
from ..images import picture_grid

SAMPLES, NEIGHBOURS = 8, 7
_ROWS, _MORE = 256, 16


def nearest_real(samples: Tensor, real: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The ``count`` real samples (N, ...) nearest to each of ``samples`` (B, ...), by Euclidean
    distance of their values: indices (B, count) and distances (B, count), nearest first."""
    flat = real.flatten(1)
    batches = torch.split(samples.flatten(1), _ROWS)
    indices, distances = zip(
        *(_nearest(rows, flat, min(count, len(real))) for rows in batches), strict=True
    )
    return torch.cat(indices), torch.cat(distances)


def nearest_picture(samples: Tensor, real: Tensor, value_range: tuple[float, float]) -> Image.Image:
    """A row for each of ``samples``: itself, then the real ones, nearest first."""
    indices, _ = nearest_real(samples, real, NEIGHBOURS)
    rows = [torch.cat([samples[i : i + 1], real[indices[i]]]) for i in range(len(samples))]
    return picture_grid(torch.cat(rows), value_range, columns=rows[0].shape[0])


def novelty(samples: Tensor, real: Tensor) -> float:
    """The median distance of ``samples`` (B, ...) to the nearest real one (N, ...), as a multiple
    of the median distance of as many real ones to the nearest one that differs. 0 is memorized, 1
    is as new as the data itself.

    Raises UsageError where the real samples are all the same.
    """
    different = _without_copies(real)
    if len(different) < 2:
        raise UsageError("all real samples are the same, so that none can be told to be new")
    generated = nearest_real(samples, different, 1)[1][:, 0].median()
    # The nearest to a real sample is itself.
    known = nearest_real(different[: len(samples)], different, 2)[1][:, -1].median()
    return float(generated / known)


def _nearest(rows: Tensor, flat: Tensor, count: int) -> tuple[Tensor, Tensor]:
    # More than are asked for, as cdist's matrix product may put a near copy before an equal one.
    near = torch.cdist(rows, flat).topk(min(count + _MORE, len(flat)), largest=False).indices
    # Computed again without it.
    distances = torch.stack([(rows - flat[column]).norm(dim=1) for column in near.T], dim=1)
    order = distances.argsort(dim=1)[:, :count]
    return near.gather(1, order), distances.gather(1, order)


def _without_copies(real: Tensor) -> Tensor:
    """``real`` (N, ...) itself if all are different, or the first one of each."""
    first: dict[bytes, int] = {}
    for index, sample in enumerate(real):
        first.setdefault(hashlib.blake2b(sample.numpy().tobytes()).digest(), index)
    return real if len(first) == len(real) else real[list(first.values())]
