"""Archives of files, read in place; nothing in them is trusted.

A zip file and a plain tar file are read at the place of each member. A compressed tar file has no
such places: it is decompressed once, into the cache.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tarfile
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, TypeVar

import filelock

from ..errors import DataError, reason_of
from ..runtime.progress import progress_bar
from ..storage import atomic
from ..storage.cache import cache_folder
from .decompression import COMPRESSED, Decompressor

MOST_MEMBERS = 2_000_000
LARGEST_MEMBER = 64 * 2**20
HIGHEST_RATIO = 1000
"""Unpacked bytes per packed byte of a member: DEFLATE reaches 1032 at most, pictures about 2."""

WHOLE_RATIO, SMALLEST_BOMB = 100, 2**28
"""The same of a whole archive, where it unpacks to 256 MiB or more."""

_BLOCK = 512

_OTHERS = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"\x04\x22\x4d\x18": "LZ4",
}
"""Kinds of archives that are not read."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)

Member = TypeVar("Member")


class Archive(ABC):
    """The files in an archive: ``names``, with forward slashes, and the content of each."""

    path: Path
    names: list[str]

    @abstractmethod
    def read(self, name: str) -> bytes:
        """A member's content; may be called from several threads. Raises DataError if it is
        damaged."""

    @abstractmethod
    def fingerprint(self) -> str:
        """A hex digest of what the archive holds."""


def open_archive(path: str | os.PathLike[str]) -> Archive:
    """The zip or tar archive at ``path``, by its content and not by its suffix. Nothing is
    extracted to where a member's name says.

    Raises DataError for a file that is no complete archive, and for members that an archive of
    data should not have: names that lead outside, links, devices, encrypted ones; very large or
    very many ones, or such as unpack to far more than they are.
    """
    path = Path(path)
    with _clear_errors(path):
        if zipfile.is_zipfile(path):
            return _Zip(path)
        with path.open("rb") as file:
            head = file.read(8)
        if other := [kind for magic, kind in _OTHERS.items() if head.startswith(magic)]:
            raise DataError(f"{path} is a {other[0]} archive: unpack it and give the folder")
        found = [kind for magic, kind in COMPRESSED.items() if head.startswith(magic)]
        return _Tar(path, _decompressed(path, found[0])) if found else _Tar(path, path)


def tar_places(path: Path) -> dict[str, tuple[int, int]]:
    """Where each file in the plain tar file ``path`` lies, by its name: its first byte, and how
    many there are. Only headers are read.

    Raises DataError as `open_archive` does, and for a compressed tar file.
    """
    with _clear_errors(path), path.open("rb") as file:
        if file.read(8).startswith(tuple(COMPRESSED)):
            raise DataError(f"{path} is compressed, so its files can't be read in place: unpack it")
        file.seek(0)
        return _by_name(path, _tar_members(path, file))


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    """What goes wrong when ``path`` is opened is a DataError."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.strerror:
            raise DataError(f"{path} can't be read: {error.strerror}") from error
        # zipfile, tarfile, zlib, lzma and codecs each have their own errors for what is damaged.
        raise DataError(
            f"{path} is damaged, or no zip or tar archive: {reason_of(error)}"
        ) from error


class _Zip(Archive):
    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip = zipfile.ZipFile(path)
        members = [member for member in self._zip.infolist() if not member.is_dir()]
        self._members = _by_name(path, ((member.filename, member) for member in members))
        for member in members:
            _refuse_if(path, member.filename, _problem(member))
        _check_ratio(path, sum(member.file_size for member in members), path.stat().st_size)
        self.names = list(self._members)

    def read(self, name: str) -> bytes:
        try:
            return self._zip.read(self._members[name])
        except Exception as error:
            # As above: each compression has its own.
            raise DataError(f"{self.path} is damaged at '{name}': {error}") from error

    def fingerprint(self) -> str:
        lines = sorted(
            f"{member.filename}\0{member.file_size}\0{member.CRC}\n"
            for member in self._members.values()
        )
        return hashlib.blake2b("".join(lines).encode(), digest_size=16).hexdigest()


class _Tar(Archive):
    """``plain`` is ``path``, decompressed."""

    def __init__(self, path: Path, plain: Path) -> None:
        self.path, self._plain = path, plain
        with plain.open("rb") as file:
            self._places = _by_name(path, _tar_members(path, file))
        self.names = list(self._places)

    def read(self, name: str) -> bytes:
        start, size = self._places[name]
        try:
            with self._plain.open("rb") as file:
                file.seek(start)
                content = file.read(size)
        except OSError as error:
            raise DataError(f"{self._plain} can't be read: {error.strerror}") from error
        if len(content) < size:
            raise DataError(f"{self.path} is truncated at '{name}'")
        return content

    def fingerprint(self) -> str:
        return _digest(self.path)


def _tar_members(path: Path, file: IO[bytes]) -> Iterator[tuple[str, tuple[int, int]]]:
    """(name, (start, size)) of each file."""
    with tarfile.open(fileobj=file, mode="r:", errors="surrogateescape") as opened:
        while (member := opened.next()) is not None:
            opened.members.clear()  # type: ignore[attr-defined] # tarfile would keep all
            if member.isdir():
                continue
            _refuse_if(path, _shown(member.name), _tar_problem(member))
            yield _shown(member.name), (member.offset_data, member.size)
        # tarfile takes a damaged header for the end.
        file.seek(opened.offset)
        if file.read(_BLOCK).strip(b"\0"):
            raise DataError(f"{path} is damaged at byte {opened.offset:,}")


def _shown(name: str) -> str:
    """The name with bytes that are no UTF-8 as ``%FF``: text that can be shown and written."""
    return re.sub("[\udc80-\udcff]", lambda byte: f"%{ord(byte[0]) & 255:02X}", name)


def _by_name(path: Path, members: Iterable[tuple[str, Member]]) -> dict[str, Member]:
    """The members by their names with forward slashes."""
    found: dict[str, Member] = {}
    for name, member in members:
        name = name.replace("\\", "/")
        if name in found:
            raise DataError(f"{path} holds two members '{name}'; it is not read")
        if len(found) == MOST_MEMBERS:
            raise DataError(
                f"{path} holds more than {MOST_MEMBERS:,} files; unpack it and give the folder"
            )
        found[name] = member
    return found


def _refuse_if(path: Path, name: str, problem: str | None) -> None:
    if problem:
        raise DataError(f"{path}: member '{name}' {problem}; it is not read")


def _problem(member: zipfile.ZipInfo) -> str | None:
    """Why a member must not be read, or None."""
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.compress_type not in _METHODS:
        return "is compressed in a way that can't be read here"
    if member.file_size > HIGHEST_RATIO * max(member.compress_size, 1):
        return f"unpacks from {member.compress_size:,} to {member.file_size:,} bytes"
    return _problem_of_any(member.filename, member.file_size)


def _tar_problem(member: tarfile.TarInfo) -> str | None:
    if member.issym() or member.islnk():
        return "is a link"
    if not member.isfile() or member.issparse():
        return "is no plain file"
    return _problem_of_any(member.name, member.size)


def _problem_of_any(name: str, size: int) -> str | None:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if posix.is_absolute() or windows.anchor or ".." in (*posix.parts, *windows.parts):
        return "leads outside the archive"
    return f"unpacks to {size:,} bytes" if size > LARGEST_MEMBER else None


def _check_ratio(path: Path, unpacked: int, packed: int) -> None:
    if unpacked > SMALLEST_BOMB and unpacked > WHOLE_RATIO * packed:
        raise DataError(
            f"{path} unpacks from {packed:,} to {unpacked:,} bytes or more; it is not read"
        )


def _decompressed(path: Path, decompressor: Decompressor) -> Path:
    """The plain tar file that ``path`` decompresses to, in the cache."""
    target = cache_folder("archives", f"{_digest(path)}.tar")
    target.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(f"{target}.lock"):
        # Another process may have done it in the meantime.
        if not target.exists():
            with atomic.file(target) as output:
                _decompress(path, decompressor, output)
    return target


def _decompress(path: Path, decompressor: Decompressor, output: IO[bytes]) -> None:
    packed, unpacked = path.stat().st_size, 0
    title = f"decompressing {path.name}"
    with progress_bar(title, None) as update:
        for chunk in decompressor(path):
            unpacked += len(chunk)
            _check_ratio(path, unpacked, packed)
            output.write(chunk)
            update(unpacked)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
