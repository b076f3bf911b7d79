"""A fingerprint of files, which are read again only where something about them has changed."""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..runtime.progress import progress_bar
from ..storage.atomic import write_text
from ..storage.cache import FINGERPRINTS, cache_folder

_SETTLED = 2.0
"""Seconds without a change, after which the next change surely gets another time."""

_UNREADABLE = bytes(64)
_SOME = 64


def fingerprint_files(root: Path, names: Sequence[str]) -> str:
    """A hex digest of the files ``names`` below ``root``: of their names and contents, wherever
    ``root`` is. One that can't be read counts by its name.

    The cache remembers it by the files' sizes, times and inodes, as git does, since to read them
    takes as long as to train an epoch.
    """
    known = _known(root, names)
    with suppress(OSError, ValueError):
        return known.read_text(encoding="ascii")
    began = time.time()
    found = _read(root, names)
    if began - _newest_change(root, names) > _SETTLED:
        with suppress(OSError):
            write_text(known, found)
    return found


def _known(root: Path, names: Sequence[str]) -> Path:
    """Where the fingerprint of files with these sizes, times and inodes is remembered."""
    digest = hashlib.blake2b(digest_size=16)
    for name in names:
        digest.update(os.fsencode(name) + b"\0")
        with suppress(OSError):
            found = (root / name).stat()
            digest.update(struct.pack("=qqqQQ", found.st_size, found.st_mtime_ns,
                                      found.st_ctime_ns, found.st_ino, found.st_dev))  # fmt: skip
    return cache_folder(FINGERPRINTS, digest.hexdigest())


def _newest_change(root: Path, names: Sequence[str]) -> float:
    newest = 0.0
    for name in names:
        with suppress(OSError):
            found = (root / name).stat()
            newest = max(newest, found.st_mtime, found.st_ctime)
    return newest


def _read(root: Path, names: Sequence[str]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with progress_bar("reading the data", len(names)) as update:
        for number, name in enumerate(names):
            digest.update(os.fsencode(name) + b"\0")
            digest.update(_content(root / name))
            if number % _SOME == 0:
                update(number)
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    with suppress(OSError):
        if stat.S_ISREG(path.stat().st_mode):  # a pipe would never end
            with path.open("rb") as file:
                return hashlib.file_digest(file, hashlib.blake2b).digest()
    return _UNREADABLE
