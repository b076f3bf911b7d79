"""StackedMNIST: three digits as the colours of one picture, a thousand modes."""

from __future__ import annotations

import hashlib

import numpy as np

from ganfw import Dataset, Item

from .digits import bordered, read_digits
from .options import StackedMnistOptions

MODES = 1000


class StackedMnist(Dataset):
    """Pictures (3, size, size) uint8 of three digits, which the label 0 to 999 spells: red is its
    first digit, blue its last.

    All modes take turns, so that they are equally common; which of the 500 pictures of a digit
    stand in for it is drawn by the seed, and depends on the index alone.
    """

    value_range = (-1.0, 1.0)
    classes = MODES
    class_names = tuple(f"{mode:03d}" for mode in range(MODES))

    def __init__(self, options: StackedMnistOptions) -> None:
        super().__init__(options)
        self.sample_shape = (3, options.size, options.size)

    def prepare(self) -> None:
        """Read the digits. Raises DataUnavailable if they are not installed."""
        pictures, digits = read_digits()
        self._pictures = bordered(pictures, self.options.size)
        spelt = np.arange(self.options.count)[:, None] // [100, 10, 1] % 10
        # A row is drawn after another: those before it are the same whatever the count.
        which = np.random.default_rng(self.options.seed).random(spelt.shape)
        first, counts = np.searchsorted(digits, np.arange(10)), np.bincount(digits, minlength=10)
        self._shown = first[spelt] + (which * counts[spelt]).astype(np.int64)

    def __len__(self) -> int:
        count: int = self.options.count
        return count

    def __getitem__(self, index: int) -> Item:
        return self._pictures[self._shown[index]], index % MODES

    def fingerprint(self) -> str:
        content = self._pictures.tobytes() + self._shown.tobytes()
        return hashlib.blake2b(content, digest_size=16).hexdigest()
