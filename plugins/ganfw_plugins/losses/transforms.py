"""Small random changes of pictures, each its own."""

from __future__ import annotations

import torch
from torch import Tensor


def flipped(pictures: Tensor) -> Tensor:
    """Pictures (B, C, H, W), each mirrored with probability ½."""
    is_mirrored = torch.rand(len(pictures), 1, 1, 1, device=pictures.device) < 0.5
    return torch.where(is_mirrored, pictures.flip(3), pictures)


def shifted(pictures: Tensor, share: float) -> Tensor:
    """Pictures (B, C, H, W), each moved by whole pixels, at most by ``share`` of each side; what
    moves in is the edge."""
    rows, columns = (_places(pictures, axis, share) for axis in (2, 3))
    index = torch.arange(len(pictures), device=pictures.device)[:, None, None]
    moved = pictures.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)


def _places(pictures: Tensor, axis: int, share: float) -> Tensor:
    """From where each pixel along ``axis`` is taken: (B, side)."""
    side, device = pictures.shape[axis], pictures.device
    most = int(side * share + 0.5)
    moves = torch.randint(-most, most + 1, (len(pictures), 1), device=device)
    return (torch.arange(side, device=device) + moves).clamp(0, side - 1)
