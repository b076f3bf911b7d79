"""How many pictures there are, of how many classes, and the size that networks can learn."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median_low

from ganfw import DataError, PictureList, find_pictures, open_archive, picture_size

from .files import list_files
from .metadata import is_metadata, with_metadata

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


def count(root: Path, labels: bool, column: str | None) -> tuple[int | None, int | None]:
    """How many pictures are in ``root``, a folder or an archive, and, with ``labels``, how many
    classes: those that metadata names in its ``column``, or else folders. None for what there is
    none of, or can't be read."""
    files, pictures = _listed(root, root.stat().st_mtime_ns)
    if not pictures.names:
        return None, None
    if not labels:
        return len(pictures.names), 0
    try:
        pictures, _ = with_metadata(pictures, files, _reading(root), column, say=_nothing)
    except (DataError, OSError):  # what is wrong is said when the data is prepared
        return len(pictures.names), None
    return len(pictures.names), len(pictures.classes)


def _reading(root: Path) -> Callable[[str], bytes]:
    """What reads a file in ``root``, and opens an archive only then."""
    if root.is_dir():
        return lambda name: (root / name).read_bytes()
    return lambda name: open_archive(root).read(name)


def _nothing(said: str) -> None:
    """It is said when the data is prepared."""


@functools.lru_cache(maxsize=16)
def _listed(root: Path, changed: int) -> tuple[tuple[str, ...], PictureList]:
    """Metadata files, and the pictures that names tell of. Kept, as a config is checked more than
    once; ``changed`` says when ``root`` was."""
    try:
        names = list_files(root) if root.is_dir() else open_archive(root).names
    except (DataError, OSError):
        names = []  # what is wrong is said when the data is prepared
    return tuple(filter(is_metadata, names)), find_pictures(names)


@functools.lru_cache(maxsize=16)
def _fitting_side(root: Path, changed: int) -> int:
    try:
        sizes = [*_sizes(root, _listed(root, changed)[1].names)]
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
