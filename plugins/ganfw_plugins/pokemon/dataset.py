"""The Pokémon sprites of the book: class folders of small pictures, in an archive or a folder."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

from ganfw import (
    Archive,
    DataError,
    Dataset,
    DataUnavailable,
    Item,
    SkipItem,
    download,
    find_pictures,
    open_archive,
    read_picture,
)

from .options import PokemonOptions


class Pokemon(Dataset):
    """Sprites on a plain background, with the species as labels. Items are (3, H, W) uint8."""

    value_range = (-1.0, 1.0)

    def __init__(self, options: PokemonOptions) -> None:
        super().__init__(options)
        self.sample_shape = (3, options.size, options.size)

    def prepare(self) -> None:
        """Open the archive or folder; download the archive if neither is given."""
        self.files = _open(self.options)
        self.pictures = find_pictures(self.files.names)
        self.class_names = self.pictures.classes
        self.classes = len(self.class_names)
        if not self.pictures.names:
            raise DataError(f"{self.files.path} holds no pictures")

    def __len__(self) -> int:
        return len(self.pictures.names)

    def __getitem__(self, index: int) -> Item:
        name, side = self.pictures.names[index], self.options.size
        content = io.BytesIO(self.files.read(name))
        try:
            sample = read_picture(content, (side, side), 3, self.options.background)
        except SkipItem as reason:
            line = f"{self.files.path}: '{name}': {reason}"
            if self.options.corrupt == "skip":
                raise SkipItem(line) from reason
            raise DataError(f"{line}; leave it out with -s data.corrupt=skip") from reason
        return sample, self.pictures.labels[index]

    def fingerprint(self) -> str:
        return self.files.fingerprint()


class _Folder(Archive):
    """A folder of class folders, read as an archive is."""

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


def _open(options: PokemonOptions) -> Archive:
    if options.root is not None:
        return _Folder(options.root)
    return open_archive(options.archive or _download(options))


def _download(options: PokemonOptions) -> Path:
    name = f"pokemon-{options.sha1[:8].lower()}.zip"
    try:
        return download(options.url, name, f"sha1:{options.sha1}")
    except DataUnavailable as error:
        hint = "a local copy is given as -s data.archive=pokemon.zip"
        instead = {"use": options.fallback, "size": options.size}
        raise DataUnavailable(
            f"{error}; {hint}", instead if options.fallback != "error" else None
        ) from error
