"""A folder of pictures."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from pathlib import Path, PurePosixPath

from ganfw import DataError, Dataset, Item, SkipItem, find_pictures, read_picture

from .options import FolderOptions


class Folder(Dataset):
    """Every picture below ``root``. Items are (C, H, W) uint8."""

    value_range = (-1.0, 1.0)
    _fingerprint: str | None = None

    def __init__(self, options: FolderOptions) -> None:
        super().__init__(options)
        self.root = options.root
        self.sample_shape = (options.channels, *options.size)

    def prepare(self) -> None:
        """List the pictures. Raises DataError for a folder that has none."""
        names = _files(self.root)
        self.pictures = find_pictures(names)
        self.class_names = self.pictures.classes if self.options.labels else ()
        self.classes = len(self.class_names)
        if not self.pictures.names:
            raise DataError(f"{self.root} has no pictures: {_contents(names)}")

    def __len__(self) -> int:
        return len(self.pictures.names)

    def __getitem__(self, index: int) -> Item:
        path = self.root / self.pictures.names[index]
        options = self.options
        try:
            sample = read_picture(
                path, options.size, options.channels, options.background, options.fit
            )
        except SkipItem as reason:
            if options.corrupt == "skip":
                raise SkipItem(f"{path}: {reason}") from reason
            hint = "fix or remove it, or give -s data.corrupt=skip"
            raise DataError(f"{path} can't be read as a picture ({reason}); {hint}") from reason
        return sample, self.pictures.labels[index] if self.classes else None

    def fingerprint(self) -> str:
        # Kept, as it reads every file and is needed more than once.
        if self._fingerprint is None:
            digest = hashlib.blake2b(digest_size=16)
            for name in self.pictures.names:
                digest.update(name.encode() + b"\0")
                digest.update(hashlib.blake2b((self.root / name).read_bytes()).digest())
            self._fingerprint = digest.hexdigest()
        return self._fingerprint


def _files(root: Path) -> list[str]:
    """Every file below ``root`` by its path from there, with forward slashes.

    Links to folders are followed, except hidden ones and those that would list files twice: links
    back to a folder that contains them, or to one that is listed anyway.
    """

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename} can't be listed: {error.strerror}") from error

    names: list[str] = []
    listed: set[Path] = set()
    to_list = [PurePosixPath()]
    while to_list:
        # Sorted, so that of two links to one folder the same one is followed every time.
        to_list.sort()
        start = root / to_list.pop(0)
        if start.resolve() in listed:
            continue
        for place, subfolders, files in os.walk(start, onerror=refuse):
            folder = PurePosixPath(Path(place).relative_to(root).as_posix())
            real = Path(place).resolve()
            names += [str(folder / name) for name in files]
            if any(part.startswith(".") for part in folder.parts):
                continue  # a hidden folder's links are not followed, only a link to it is
            listed.add(real)
            to_list += [
                folder / name for name in subfolders if _leads_elsewhere(real / name, real, root)
            ]
    return names


def _leads_elsewhere(path: Path, folder: Path, root: Path) -> bool:
    """Whether ``path`` is a link, not hidden, to a folder that contains neither ``folder``, where
    the link is, nor ``root``."""
    if path.name.startswith(".") or not path.is_symlink():
        return False
    target = path.resolve()
    return not any(inside.is_relative_to(target) for inside in (folder, root.resolve()))


def _contents(names: list[str]) -> str:
    if not names:
        return "it is empty"
    suffixes = Counter(Path(name).suffix.lower() or "no suffix" for name in names)
    common = ", ".join(f"{count} × {suffix}" for suffix, count in suffixes.most_common(3))
    return f"its {len(names)} files are {common}"
