"""Writing files so that an interrupted write is never seen: temporary name, fsync, rename."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
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
    link is followed: what it leads to is replaced. Raises OSError for a device, a pipe or a folder.
    """
    if not _replaceable(path):
        raise OSError(errno.EINVAL, _NOT_REPLACEABLE, str(path))
    path = Path(os.path.realpath(path)) if path.is_symlink() else path
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f"{TEMPORARY}{path.name[:_NAME]}-"
    handle, name = tempfile.mkstemp(prefix=prefix, dir=path.parent)
    try:
        with os.fdopen(handle, "w+b") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
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
    """A temporary folder to fill; it becomes ``path``, replacing it, when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=path.parent))
    try:
        yield temporary
        for written in (*temporary.rglob("*"), temporary):
            _sync(written)
        temporary.chmod(0o755)
        _exchange(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _sync(path.parent)


def sweep(path: Path) -> None:
    """Remove what an interrupted write left in the folder ``path``."""
    for leftover in path.glob(f"{TEMPORARY}*"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def _exchange(new: Path, path: Path) -> None:
    """Rename ``new`` to ``path``; whatever is there, or comes to be there meanwhile, gives way."""
    while True:
        try:
            new.rename(path)
            return
        except OSError:
            if not path.exists():
                raise
        old = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=path.parent))
        with suppress(FileNotFoundError):
            path.rename(old / "old")
        shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    # Windows can't open a folder; there the rename itself is all one gets.
    with suppress(PermissionError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
