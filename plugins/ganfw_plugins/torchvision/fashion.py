"""Fashion-MNIST, one of torchvision's, with a border so that it halves evenly."""

from __future__ import annotations

import hashlib

import numpy as np

from ganfw import Dataset, Item

from .options import FashionMnistOptions
from .published import open_published

CATEGORIES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
              "bag", "ankle boot")  # fmt: skip
"""The names of the labels 0 to 9."""


class FashionMnist(Dataset):
    """70,000 pictures of clothes on black (Xiao et al. 2017), with the index in `CATEGORIES` as
    label. Items are (1, H, W) uint8."""

    value_range = (-1.0, 1.0)
    classes = len(CATEGORIES)
    class_names = CATEGORIES

    def __init__(self, options: FashionMnistOptions) -> None:
        super().__init__(options)
        self.sample_shape = (1, options.size, options.size)

    def prepare(self) -> None:
        """Find the files, or download them once. Raises DataUnavailable offline, DataError for
        damaged files."""
        root, split = self.options.root, self.options.split
        opened = open_published("FashionMNIST", root, split, download=root is None)
        self.pictures, self.labels = opened.data.numpy(), opened.targets.numpy()

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Item:
        before = (self.options.size - 28) // 2
        after = self.options.size - 28 - before
        return np.pad(self.pictures[index], (before, after))[None], int(self.labels[index])

    def fingerprint(self) -> str:
        content = self.pictures.tobytes() + self.labels.tobytes()
        return hashlib.blake2b(content, digest_size=16).hexdigest()
