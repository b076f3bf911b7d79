"""A folder of pairs of pictures, for image-to-image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Literal

from ganfw import DataError, Dataset, Item, fingerprint_files, log

from .files import (
    PictureReader,
    contents,
    list_files,
    pictures_below,
    say_left_out,
)
from .options import PairedOptions

HALVES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


class Paired(Dataset):
    """Pairs below ``root``: pictures of the same names in two folders, or, with ``split``, pictures
    that hold a pair side by side. The target is the sample and the input its label, both (C, H, W)
    uint8."""

    value_range = (-1.0, 1.0)
    _fingerprint: str | None = None

    def __init__(self, options: PairedOptions) -> None:
        super().__init__(options)
        self.root = options.root
        self.sample_shape = self.label_shape = (options.channels, *options.size)
        self._read = PictureReader(options)

    def prepare(self) -> None:
        """List the pairs. Raises DataError for a folder that has none."""
        names = list_files(self.root)
        found = pictures_below(self.root, names)
        split = self.options.split
        self.pairs = _split_pairs(found.names) if split else self._folder_pairs(found.names)
        if not self.pairs:
            raise DataError(f"{self.root} has no pairs: {self._hint(contents(names))}")
        say_left_out(self.root, found.left_out)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Item:
        given, target = (self.root / name for name in self.pairs[index])
        if not self.options.split:
            return self._read(target), self._read(given)
        left, right = (self._read(target, half) for half in HALVES)
        return (right, left) if self.options.input_side == "left" else (left, right)

    def fingerprint(self) -> str:
        # Kept, as it reads every file and is needed more than once.
        if self._fingerprint is None:
            names = [name for pair in self.pairs for name in dict.fromkeys(pair)]
            self._fingerprint = fingerprint_files(self.root, names)
        return self._fingerprint

    def _folder_pairs(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """(input, target) by their paths in the two folders, whatever the files' formats."""
        inputs, targets = (
            {str(PurePosixPath(name).relative_to(folder).with_suffix("")): name
             for name in names if PurePosixPath(name).is_relative_to(folder)}
            for folder in (self.options.input, self.options.target)
        )  # fmt: skip
        if alone := inputs.keys() ^ targets.keys():
            log.info(f"{len(alone)} pictures without a partner are left out: {min(alone)}, …")
        return [(inputs[name], targets[name]) for name in sorted(inputs.keys() & targets.keys())]

    def _hint(self, found: str) -> str:
        if self.options.split:
            return found
        folders = f"{self.options.input}/ and {self.options.target}/"
        return f"it needs pictures of the same names in {folders}, or -s data.split=true; {found}"


def _split_pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, name) for name in names]
