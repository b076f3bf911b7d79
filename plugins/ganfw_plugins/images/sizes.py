"""The size that pictures have, as one that networks can learn."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low

from ganfw import DataError, PictureList, find_pictures, open_archive, picture_size

from .files import list_files
from .metadata import is_metadata

SMALLEST, LARGEST = 16, 64
"""The sides between which one is chosen: two CPU cores can learn no larger ones in an hour."""

STEP = 8
"""Multiples of this, up to `LARGEST`, halve evenly to a small map, as most networks need."""

_MOST_FILES, _MOST_MEMBERS = 256, 32  # a member of an archive is unpacked for its size


def fitting_size(root: Path) -> tuple[int, int]:
    """A square for the pictures in ``root``, a folder or an archive: the median of their shorter
    sides, rounded down. `LARGEST` where no picture can be read."""
    side = _fitting_side(root, root.stat().st_mtime_ns)
    return side, side


def count(root: Path) -> tuple[int | None, int | None]:
    """How many pictures are in ``root``, a folder or an archive, and how many classes, by their
    names. None where names tell of none, or it can't be read; for classes also where metadata may
    tell of others."""
    found = _listed(root, root.stat().st_mtime_ns)
    if not found.pictures.names:
        return None, None
    return len(found.pictures.names), None if found.metadata else len(found.pictures.classes)


@dataclass(frozen=True)
class _Listed:
    """The pictures that names tell of, and whether there is metadata beside them."""

    pictures: PictureList
    metadata: bool


@functools.lru_cache(maxsize=16)
def _listed(root: Path, changed: int) -> _Listed:
    """Kept, as a config is checked more than once; ``changed`` says when ``root`` was."""
    try:
        names = list_files(root) if root.is_dir() else open_archive(root).names
    except (DataError, OSError):
        names = []  # what is wrong is said when the data is prepared
    return _Listed(find_pictures(names), any(map(is_metadata, names)))


@functools.lru_cache(maxsize=16)
def _fitting_side(root: Path, changed: int) -> int:
    try:
        sizes = [*_sizes(root, _listed(root, changed).pictures.names)]
    except (DataError, OSError):
        sizes = []
    sides = [min(size) for size in sizes if size is not None]
    side = median_low(sides) if sides else LARGEST
    return max(SMALLEST, min(side // STEP * STEP, LARGEST))


def _sizes(root: Path, names: tuple[str, ...]) -> Iterator[tuple[int, int] | None]:
    if root.is_dir():
        for name in _some(names, _MOST_FILES):
            yield picture_size(root / name)
    else:
        archive = open_archive(root)
        for name in _some(names, _MOST_MEMBERS):
            yield picture_size(io.BytesIO(archive.read(name)))


def _some(names: tuple[str, ...], most: int) -> list[str]:
    """At most ``most`` of them, evenly spread."""
    return [names[i * len(names) // most] for i in range(most)] if len(names) > most else [*names]
