"""Picture files in a folder: which there are, what they hold, and one of them as a sample."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Literal

from ganfw import DataError, PictureList, SkipItem, find_pictures, log, read_picture

from .options import PictureOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BEGINNINGS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")
_START = 12
_SUFFIX = re.compile(r"\.[A-Za-z]{2,}$")  # what most have: paths are slow to take apart
_NUMBER = re.compile(r"\.[a-z]?\d+", re.I)


class PictureReader:
    """Reads picture files as samples, as ``options`` say."""

    def __init__(self, options: PictureOptions) -> None:
        self._options = options
        self._noted: dict[str, Path] = {}

    def __call__(
        self,
        path: Path,
        half: Literal["left", "right"] | None = None,
        content: IO[bytes] | None = None,
    ) -> NDArray[np.uint8]:
        """The picture in ``path``, or a ``half`` of it, as (C, H, W) uint8; ``content`` is what is
        in it where it is no file. What can't be read raises SkipItem, or DataError where the
        options refuse it."""
        options = self._options
        try:
            return read_picture(
                content or path,
                options.size,
                options.channels,
                options.background,
                options.fit,
                half,
                note=lambda text: self._note(path, text),
            )
        except SkipItem as reason:
            if options.corrupt == "skip":
                raise SkipItem(f"{path}: {reason}") from reason
            hint = "fix or remove it, or give -s data.corrupt=skip"
            raise DataError(f"{path} can't be read as a picture ({reason}); {hint}") from reason

    def _note(self, path: Path, text: str) -> None:
        """Log what was done to the values of a picture, for the first one alone."""
        # In one step, as several threads read.
        if self._noted.setdefault(text, path) is path:
            log.info(f"{path}: {text} (the next such files are not named)")


def list_files(root: Path) -> list[str]:
    """Every file below ``root`` by its path from there, with forward slashes. Pipes, sockets and
    devices are none; links that lead nowhere are listed.

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
            prefix = "" if folder == PurePosixPath() else f"{folder}/"
            names += [prefix + name for name in files if _may_be_read(f"{place}/{name}")]
            if any(part.startswith(".") for part in folder.parts):
                continue  # a hidden folder's links are not followed, only a link to it is
            listed.add(real)
            to_list += [
                folder / name for name in subfolders if _leads_elsewhere(real / name, real, root)
            ]
    return names


def _may_be_read(path: str) -> bool:
    """Whether ``path`` is no pipe, socket or device, for whose content one would wait."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - of many thousands
    except OSError:
        return True  # reading it says what is wrong


def pictures_below(root: Path, names: Sequence[str]) -> PictureList:
    """The pictures among files of the folder ``root``."""
    return pictures_among(names, lambda name: beginning(root / name))


def pictures_among(names: Sequence[str], read: Callable[[str], bytes]) -> PictureList:
    """The pictures among files, by their names, and by what ``read`` gives of those without a
    suffix."""
    return find_pictures(names, _without_suffix(names, read))


def _without_suffix(names: Iterable[str], read: Callable[[str], bytes]) -> set[str]:
    """Those of ``names`` that have no suffix, or only a number, and begin as picture files do.
    ``read`` gives the beginning of a file, or raises OSError or DataError."""
    return {
        name
        for name in names
        if not _SUFFIX.search(name) and _has_no_suffix(PurePosixPath(name)) and _begins(name, read)
    }


def _has_no_suffix(path: PurePosixPath) -> bool:
    """Such as ``IMG_0001``, ``0.001`` and ``photo.v2``, but not ``a.jpg.1``."""
    suffix, before = path.suffix, PurePosixPath(path.stem).suffix
    return not suffix or (_NUMBER.fullmatch(suffix) is not None and not before[1:].isalpha())


def _begins(name: str, read: Callable[[str], bytes]) -> bool:
    try:
        start = read(name)[:_START]
    except (OSError, DataError):
        return False
    return start.startswith(_BEGINNINGS) or start[8:] in (b"WEBP", b"avif", b"heic", b"mif1")


def beginning(path: Path) -> bytes:
    """The first bytes of a file. Raises OSError."""
    with path.open("rb") as file:
        return file.read(_START)


def _leads_elsewhere(path: Path, folder: Path, root: Path) -> bool:
    """Whether ``path`` is a link, not hidden, to a folder that contains neither ``folder``, where
    the link is, nor ``root``."""
    if path.name.startswith(".") or not path.is_symlink():
        return False
    target = path.resolve()
    return not any(inside.is_relative_to(target) for inside in (folder, root.resolve()))


def say_no_classes(root: Path, pictures: PictureList) -> None:
    """Log why folders of pictures are no classes, where one lies beside them."""
    if pictures.loose and not pictures.classes:
        log.info(f"{root}: its folders are no classes, as {pictures.loose} lies beside them")


def say_left_out(root: Path, left_out: str) -> None:
    """Log which files that look like pictures are not used."""
    if left_out:
        log.info(f"{root}: left out {left_out}")


def contents(names: list[str]) -> str:
    """What files ``names`` there are, for an error that names a folder."""
    if not names:
        return "it is empty"
    suffixes = Counter(Path(name).suffix.lower() or "no suffix" for name in names)
    common = ", ".join(f"{count} × {suffix}" for suffix, count in suffixes.most_common(3))
    return f"its {len(names)} files are {common}"
