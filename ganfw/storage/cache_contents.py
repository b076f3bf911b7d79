"""What the cache folder holds, how large it is and when it was last used; and cleaning it."""

from __future__ import annotations

import glob
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import filelock

from . import atomic
from .cache import FINGERPRINTS, PLUGIN_FILES, cache_folder

LEFTOVER = "leftover"
"""The kind of what a killed process left half written."""

_LOCK, _ABOUT = ".lock", "about.txt"
_DAY = 24 * 3600


@dataclass(frozen=True)
class Entry:
    """A file or a folder in the cache. ``kind`` is the folder that it is in, such as ``datasets``,
    or `LEFTOVER`; ``what`` says what it holds; ``used`` is when it was last used, in Unix time."""

    kind: str
    path: Path
    what: str
    bytes: int
    used: float


def describe(folder: Path, what: str) -> None:
    """Write into ``folder``, which becomes an entry, what it holds. Raises OSError."""
    (folder / _ABOUT).write_text(what, encoding="utf-8", errors="replace")


def mark_used(path: Path) -> None:
    """Note that an entry is used now. Where that can't be written, it is as old as its files."""
    with suppress(OSError):
        os.utime(path)


def entries() -> list[Entry]:
    """Everything in the cache that can be made again, the largest first."""
    found = [_entry(kind, path) for kind, path in _paths()]
    return sorted(found, key=lambda entry: (-entry.bytes, entry.path))


def prune(chosen: Callable[[Entry], bool]) -> tuple[list[Entry], list[Entry]]:
    """Remove the entries that are ``chosen``. Gives those that were removed, and those that were
    not, as they are being written or the disk refuses."""
    removed: list[Entry] = []
    kept: list[Entry] = []
    for entry in filter(chosen, entries()):
        (removed if _remove(entry.path) else kept).append(entry)
    return removed, kept


def sweep() -> None:
    """Remove what killed processes left half written."""
    for kind, path in _paths():
        if kind == LEFTOVER:
            _remove(path)


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; those that vanish meanwhile count nothing."""
    return sum(found.st_size for found in _stats(path) if not stat.S_ISDIR(found.st_mode))


def _paths() -> Iterator[tuple[str, Path]]:
    for folder in _listed(cache_folder()):
        if folder.name == FINGERPRINTS:
            yield folder.name, folder
        elif folder.name != PLUGIN_FILES:  # what users have said, which can't be made again
            for path in _listed(folder):
                if path.suffix != _LOCK:
                    unfinished = path.name.startswith(atomic.TEMPORARY)
                    yield LEFTOVER if unfinished else folder.name, path


def _entry(kind: str, path: Path) -> Entry:
    return Entry(kind, path, _what(path), size(path), _used(path))


def _what(path: Path) -> str:
    with suppress(OSError):
        return (path / _ABOUT).read_text(encoding="utf-8").strip()
    return path.name


def _remove(path: Path) -> bool:
    """Remove ``path`` unless a process is writing it; whether it is gone."""
    with _unwritten(path) as free:
        if free:
            atomic.remove(path)
    return not path.exists()


@contextmanager
def _unwritten(path: Path) -> Iterator[bool]:
    """Whether no process writes ``path`` now, nor begins to in the block."""
    lock = _lock_of(path)
    if lock is None:
        yield time.time() - _used(path) > _DAY
        return
    guard = filelock.FileLock(lock, timeout=0)
    try:
        guard.acquire()
    except (OSError, filelock.Timeout):
        yield False
        return
    try:
        yield True
    finally:
        guard.release()
        if not path.name.startswith(atomic.TEMPORARY):
            lock.unlink(missing_ok=True)


def _lock_of(path: Path) -> Path | None:
    """The lock that is held while ``path`` is written, or None where that is not known, as of what
    release 0.1 left."""
    if not path.name.startswith(atomic.TEMPORARY):
        return path.with_name(path.name + _LOCK)
    begins = atomic.target_of(path.name)
    locks = path.parent.glob(f"{glob.escape(begins)}*{_LOCK}") if begins else iter(())
    return next(locks, None)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # a file, or not there, or not ours


def _used(path: Path) -> float:
    """The newest change; of a single file also the last reading, where the system notes it."""
    found = list(_stats(path))
    read = [path.stat().st_atime] if path.is_file() else []
    return max([*read, *(it.st_mtime for it in found)], default=0.0)


def _stats(path: Path) -> Iterator[os.stat_result]:
    """The path's own, and of everything within."""
    for found in (path, *path.rglob("*")):
        with suppress(OSError):
            yield found.lstat()
