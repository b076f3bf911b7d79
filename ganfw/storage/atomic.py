"""Writing files so that an interrupted write is never seen: temporary name, fsync, rename."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ..errors import UsageError
from .names import as_text

TEMPORARY = ".tmp-"
"""How the names of unfinished files and folders begin."""

_NOT_REPLACEABLE = "it is no file that can be replaced"

_NAME = 40  # characters of the final name: a whole one might become too long


@contextmanager
def file(path: Path) -> Iterator[IO[bytes]]:
    """A temporary file to write; it becomes ``path``, replacing it, when the block ends well.

    It lies beside ``path`` and bears its name, so that what a killed process leaves is known. A
    link is followed: what it leads to is replaced. Its mode is that of the file that it replaces,
    or what the umask asks for. Raises OSError for a device, a pipe or a folder.
    """
    if not _replaceable(path):
        raise OSError(errno.EINVAL, _NOT_REPLACEABLE, str(path))
    path = Path(os.path.realpath(path)) if path.is_symlink() else path
    with _naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _temporary(path)
        try:
            with temporary.open("x+b") as opened:
                yield opened
                opened.flush()
                os.fsync(opened.fileno())
            with suppress(OSError):
                shutil.copymode(path, temporary)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync(path.parent)


def check_replaceable(output: Path, option: str = "-o") -> None:
    """Raises UsageError if ``output``, given with ``option``, is a device, a pipe or a folder."""
    if not _replaceable(output):
        raise UsageError(f"{option} {output}: {_NOT_REPLACEABLE}")


def _replaceable(path: Path) -> bool:
    """Whether ``path``, or what it links to, is a file, or is not there yet."""
    try:
        # Of the link itself: /dev/stdout leads to what has no path.
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True  # what else is wrong, writing says


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, whole or not at all."""
    with file(path) as opened:
        opened.write(content)


def write_text(path: Path, content: str) -> None:
    """Write ``content`` as UTF-8 to ``path``, whole or not at all."""
    write_bytes(path, as_text(content).encode())


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """A temporary folder to fill; it becomes ``path``, replacing it, when the block ends well. All
    modes are what the umask asks for."""
    with _naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _temporary(path)
        temporary.mkdir()
        try:
            yield temporary
            for written in (*temporary.rglob("*"), temporary):
                _take_mode(written, temporary)
                _sync(written)
            _exchange(temporary, path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        _sync(path.parent)


def sweep(path: Path) -> None:
    """Remove what an interrupted write left in the folder ``path``."""
    for leftover in path.glob(f"{TEMPORARY}*"):
        remove(leftover)


def remove(path: Path) -> None:
    """Remove a file or a folder, as far as the disk allows."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def reason(error: Exception) -> str:
    """Why a file can't be written, without its name."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def target_of(leftover: str) -> str:
    """The name of what an unfinished write named ``leftover`` was to become, or its beginning; ""
    where that is not known, as of release 0.1."""
    return leftover.removeprefix(TEMPORARY).rpartition("-")[0]


def _temporary(path: Path) -> Path:
    """A name that is free, beside ``path``. The random streams of a run are left alone."""
    return path.with_name(f"{TEMPORARY}{path.name[:_NAME]}-{os.urandom(6).hex()}")


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """An OSError without a file's name, as of a full disk, gets that of ``path``."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            error.filename = error.filename or str(path)
        raise


def _take_mode(file: Path, folder: Path) -> None:
    """Give ``file`` the mode that the umask gave ``folder``: some libraries write files that no one
    else can read."""
    if file.is_file():
        with suppress(OSError):
            file.chmod(folder.stat().st_mode & 0o666)


def _exchange(new: Path, path: Path) -> None:
    """Rename ``new`` to ``path``; whatever is there, or comes to be there meanwhile, gives way."""
    while True:
        try:
            new.rename(path)
            return
        except OSError:
            if not path.exists():
                raise
        old = _temporary(path)
        with suppress(FileNotFoundError):
            path.rename(old)
        remove(old)


def _sync(path: Path) -> None:
    # Windows can't open a folder; there the rename itself is all one gets.
    with suppress(PermissionError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
