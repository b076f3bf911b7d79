"""The book's Pokémon sprites: class folders of small pictures, in an archive or a folder."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Protocol

from ganfw import DataError, Dataset, Item, SkipItem, find_pictures, read_picture

from .archive import Archive
from .download import download
from .options import PokemonOptions


class Shelf(Protocol):
    """Where the pictures lie."""

    path: Path

    @property
    def names(self) -> list[str]: ...

    def read(self, name: str) -> bytes: ...

    def fingerprint(self) -> str: ...


class Pokemon(Dataset):
    """Sprites on a plain ground, with the species as labels. Items are (3, H, W) uint8."""

    value_range = (-1.0, 1.0)

    def __init__(self, options: PokemonOptions) -> None:
        super().__init__(options)
        self.sample_shape = (3, options.size, options.size)

    def prepare(self) -> None:
        """Open the archive or folder; download the archive if neither is given."""
        self.shelf = _open_shelf(self.options)
        self.pictures = find_pictures(self.shelf.names)
        self.class_names = self.pictures.classes
        self.classes = len(self.class_names)
        if not self.pictures.names:
            raise DataError(f"{self.shelf.path} holds no pictures")

    def __len__(self) -> int:
        return len(self.pictures.names)

    def __getitem__(self, index: int) -> Item:
        name, side = self.pictures.names[index], self.options.size
        content = io.BytesIO(self.shelf.read(name))
        try:
            sample = read_picture(content, (side, side), 3, self.options.background)
        except SkipItem as reason:
            line = f"{self.shelf.path}: '{name}': {reason}"
            if self.options.corrupt == "skip":
                raise SkipItem(line) from reason
            raise DataError(f"{line}; leave it out with -s data.corrupt=skip") from reason
        return sample, self.pictures.labels[index]

    def fingerprint(self) -> str:
        return self.shelf.fingerprint()


class _FolderShelf:
    """A folder of class folders."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names = sorted(
            (Path(folder) / name).relative_to(path).as_posix()
            for folder, _, names in os.walk(path)
            for name in names
        )

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def fingerprint(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        for name in find_pictures(self.names).names:
            digest.update(name.encode() + b"\0" + hashlib.blake2b(self.read(name)).digest())
        return digest.hexdigest()


def _open_shelf(options: PokemonOptions) -> Shelf:
    if options.root is not None:
        return _FolderShelf(options.root)
    if options.archive is not None:
        return Archive(options.archive)
    instead = None
    if options.fallback != "error":
        instead = {"use": options.fallback, "size": options.size}
    return Archive(download(options.url, options.sha1, instead))
