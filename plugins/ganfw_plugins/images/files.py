"""Picture files in a folder: which there are, what they hold, and one of them as a sample."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from ganfw import DataError, SkipItem, read_picture

from .options import PictureOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def read_sample(
    path: Path, options: PictureOptions, half: Literal["left", "right"] | None = None
) -> NDArray[np.uint8]:
    """The picture in ``path``, or a ``half`` of it, as (C, H, W) uint8. What can't be read raises
    SkipItem, or DataError where ``options`` refuse it."""
    try:
        return read_picture(
            path, options.size, options.channels, options.background, options.fit, half
        )
    except SkipItem as reason:
        if options.corrupt == "skip":
            raise SkipItem(f"{path}: {reason}") from reason
        hint = "fix or remove it, or give -s data.corrupt=skip"
        raise DataError(f"{path} can't be read as a picture ({reason}); {hint}") from reason


def list_files(root: Path) -> list[str]:
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


def contents(names: list[str]) -> str:
    """What files ``names`` there are, for an error that names a folder."""
    if not names:
        return "it is empty"
    suffixes = Counter(Path(name).suffix.lower() or "no suffix" for name in names)
    common = ", ".join(f"{count} × {suffix}" for suffix, count in suffixes.most_common(3))
    return f"its {len(names)} files are {common}"
