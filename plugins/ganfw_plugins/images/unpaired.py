"""Two folders of pictures without pairs, for image-to-image."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ganfw import DataError, Dataset, Item, fingerprint_files

from .files import (
    PictureReader,
    contents,
    list_files,
    pictures_below,
    say_left_out,
)
from .options import UnpairedOptions


class Unpaired(Dataset):
    """Pictures below ``to``, each labelled by one below ``root``, both (C, H, W) uint8: which one
    means nothing. An epoch shows every picture of the larger folder once."""

    options: UnpairedOptions
    value_range = (-1.0, 1.0)
    forkable = True
    _fingerprint: str | None = None

    def __init__(self, options: UnpairedOptions) -> None:
        super().__init__(options)
        self.sample_shape = self.label_shape = (options.channels, *options.size)
        self._read = PictureReader(options)

    def prepare(self) -> None:
        """List the pictures. Raises DataError for a folder that is missing or has none."""
        self.folders = self.options.folders()
        for folder in self.folders:
            if not folder.is_dir():
                raise DataError(f"there is no {folder}: give the second folder, -s data.to=PATH")
        self.given, self.targets = (_pictures(folder) for folder in self.folders)

    def __len__(self) -> int:
        return max(len(self.given), len(self.targets))

    def __getitem__(self, index: int) -> Item:
        given, target = (
            self._read(folder / names[index % len(names)])
            for folder, names in zip(self.folders, (self.given, self.targets), strict=True)
        )
        return target, given

    def fingerprint(self) -> str:
        # Kept, as it reads every file and is needed more than once.
        if self._fingerprint is None:
            parts = map(fingerprint_files, self.folders, (self.given, self.targets))
            text = " ".join(parts).encode()
            self._fingerprint = hashlib.blake2b(text, digest_size=16).hexdigest()
        return self._fingerprint


def _pictures(folder: Path) -> tuple[str, ...]:
    names = list_files(folder)
    found = pictures_below(folder, names)
    if not found.names:
        raise DataError(f"{folder} has no pictures: {found.left_out or contents(names)}")
    say_left_out(folder, found.left_out)
    return found.names
