"""Differentiable augmentation of a fixed strength."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from ganfw import Augment, Shapes, ShapesError

from .options import DiffAugmentOptions


class DiffAugment(Augment):
    """Zhao et al. 2020, section 4: each picture is transformed at random, and gradients reach the
    generator through the transform. Where each has a ``probability`` well below 1, most samples
    keep to how the data stands and where: a mirror that half of the pictures are seen in can't be
    told from mirrored data, and becomes part of the samples (Karras et al. 2020, section 2.2).
    Random numbers are drawn on the samples' own device."""

    def __init__(self, options: DiffAugmentOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        needs_pictures(shapes)
        low, high = shapes.value_range or (-1.0, 1.0)
        self._middle, self._span = (low + high) / 2, high - low
        self._transforms: dict[str, Callable[[Tensor], Tensor]] = {
            "flip": flip,
            "translation": self._translate,
            "color": self._recolor,
            "cutout": self._cut,
        }

    def forward(self, samples: Tensor) -> Tensor:
        """Pictures (B, C, H, W) to pictures of the same shape; values may leave the range."""
        for name in self.options.policy:
            samples = self._sometimes(self._transforms[name], samples)
        return samples

    def _sometimes(self, transform: Callable[[Tensor], Tensor], pictures: Tensor) -> Tensor:
        if self.options.probability == 1:
            return transform(pictures)
        chosen = _uniform(pictures) < self.options.probability
        return torch.where(chosen, transform(pictures), pictures)

    def _translate(self, pictures: Tensor) -> Tensor:
        height, width = pictures.shape[2:]
        top = _integers(pictures, int(height * self.options.translation + 0.5))
        left = _integers(pictures, int(width * self.options.translation + 0.5))
        rows = torch.arange(height, device=pictures.device) + top[:, None]
        columns = torch.arange(width, device=pictures.device) + left[:, None]
        if self.options.fill == "grey":
            # A border of one grey pixel, from which everything outside is taken.
            pictures = pad(pictures, (1, 1, 1, 1), value=self._middle)
            rows, columns = (rows + 1).clamp(0, height + 1), (columns + 1).clamp(0, width + 1)
        else:
            rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
        index = torch.arange(len(pictures), device=pictures.device)[:, None, None]
        moved = pictures.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]]
        return moved.permute(0, 3, 1, 2)

    def _recolor(self, pictures: Tensor) -> Tensor:
        """Brightness ±¼ of the range, saturation times 0 to 2, contrast times ½ to 1½."""
        pictures = pictures + (_uniform(pictures) - 0.5) * (self._span / 2)
        grey = pictures.mean(dim=1, keepdim=True)
        pictures = torch.lerp(grey, pictures, _uniform(pictures) * 2)
        mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
        return torch.lerp(mean, pictures, _uniform(pictures) + 0.5)

    def _cut(self, pictures: Tensor) -> Tensor:
        height, width = pictures.shape[2:]
        outside_rows = self._outside(pictures, height)[:, None, :, None]
        outside_columns = self._outside(pictures, width)[:, None, None, :]
        return torch.where(outside_rows | outside_columns, pictures, self._middle)

    def _outside(self, pictures: Tensor, length: int) -> Tensor:
        """Which of ``length`` pixels in a row (B, length) a hole at a random place leaves."""
        hole = int(length * self.options.cutout + 0.5)
        start = (_uniform(pictures)[:, :, 0, 0] * (length + 1)).floor() - hole // 2
        pixels = torch.arange(length, device=pictures.device)
        return (pixels < start) | (pixels >= start + hole)


def needs_pictures(shapes: Shapes) -> None:
    """Raises ShapesError if samples are not pictures."""
    if not shapes.is_picture:
        raise ShapesError(f"it needs pictures (C, H, W), but the data's samples are {shapes}")


def flip(pictures: Tensor) -> Tensor:
    """Each picture mirrored with probability ½."""
    return torch.where(_uniform(pictures) < 0.5, pictures.flip(3), pictures)


def _uniform(pictures: Tensor) -> Tensor:
    """(B, 1, 1, 1) numbers in 0..1."""
    return torch.rand(len(pictures), 1, 1, 1, device=pictures.device, dtype=pictures.dtype)


def _integers(pictures: Tensor, most: int) -> Tensor:
    """(B,) integers in -most..most."""
    return torch.randint(-most, most + 1, (len(pictures),), device=pictures.device)
