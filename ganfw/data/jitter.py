"""Pictures that training never sees twice alike: shifted, and mirrored."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ..interfaces.dataset import Batch

DRAWS = 3
"""Uniform numbers for each sample: how far down, how far right, mirrored or not."""


@dataclass(frozen=True)
class Jitter:
    """Random jitter of Isola et al. 2017, section 6.2: pictures are enlarged by a share and cropped
    to their size at random places; with ``mirror`` half of them are mirrored. A label that is a
    picture, or a map of its sides, goes the way of its sample."""

    enlarge: float
    mirror: bool

    def __call__(self, batch: Batch, numbers: Tensor) -> Batch:
        """Pictures (B, C, H, W) and their labels, by ``numbers`` (B, 3) in [0, 1)."""
        labels = batch.labels
        if labels is not None and labels.shape[1:][-2:] == batch.samples.shape[2:]:
            maps = labels.view(len(labels), -1, *labels.shape[-2:])
            labels = self._moved(maps, numbers).view_as(labels)
        return replace(batch, samples=self._moved(batch.samples, numbers), labels=labels)

    def _moved(self, pictures: Tensor, numbers: Tensor) -> Tensor:
        height, width = pictures.shape[2:]
        enlarged = self._enlarged(pictures)
        rows = _places(numbers[:, 0], enlarged.shape[2], height)
        columns = _places(numbers[:, 1], enlarged.shape[3], width)
        if self.mirror:
            columns = torch.where(numbers[:, 2, None] < 0.5, columns.flip(1), columns)
        which = torch.arange(len(pictures), device=pictures.device)[:, None, None]
        cropped = enlarged.movedim(1, 3)[which, rows[:, :, None], columns[:, None, :]]
        return cropped.movedim(3, 1).contiguous()

    def _enlarged(self, pictures: Tensor) -> Tensor:
        if not self.enlarge:
            return pictures
        sides = [round(side * (1 + self.enlarge)) for side in pictures.shape[2:]]
        if pictures.is_floating_point():
            return interpolate(pictures, sides, mode="bilinear", align_corners=False)
        # Numbers that mean something, and nothing between them.
        return interpolate(pictures.float(), sides, mode="nearest-exact").to(pictures.dtype)


def _places(share: Tensor, length: int, kept: int) -> Tensor:
    """``kept`` indices in a row of ``length``, from each ``share`` (B,) of the way: (B, kept)."""
    first = (share * (length - kept + 1)).long()
    return first[:, None] + torch.arange(kept, device=share.device)
