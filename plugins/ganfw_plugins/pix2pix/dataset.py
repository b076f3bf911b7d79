"""Pairs of pictures that need no files."""

from __future__ import annotations

import numpy as np

from ganfw import Dataset, Item

from .options import OutlinesOptions


class Outlines(Dataset):
    """Filled boxes (1, S, S) uint8, each labelled by its outline, of the same shape."""

    options: OutlinesOptions
    value_range = (-1.0, 1.0)

    def __init__(self, options: OutlinesOptions) -> None:
        super().__init__(options)
        self.sample_shape = self.label_shape = (1, options.size, options.size)

    def __len__(self) -> int:
        return self.options.count

    def __getitem__(self, index: int) -> Item:
        random, side = np.random.default_rng(index), self.options.size
        top, left = random.integers(0, side // 2, 2)
        height, width = random.integers(4, side // 2, 2)
        filled = np.zeros(self.sample_shape, np.uint8)
        filled[:, top : top + height, left : left + width] = 255
        outline = filled.copy()
        outline[:, top + 1 : top + height - 1, left + 1 : left + width - 1] = 0
        return filled, outline

    def fingerprint(self) -> str:
        return f"outlines-{self.options.count}-{self.options.size}"
