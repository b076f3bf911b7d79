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
_LARGE = 2**24


def fingerprint_files(root: Path, names: Sequence[str]) -> str:
    """A hex digest of the files ``names`` below ``root``: of their names and contents, wherever
    ``root`` is. One that can't be read counts by its name.

    The cache remembers it by the files' sizes, times and inodes, as git does, since to read them
    takes as long as to train an epoch.
    """
    began = time.time()
    found = [_stat(f"{root}/{name}") for name in names]
    known = _known(names, found)
    with suppress(OSError, ValueError):
        return known.read_text(encoding="ascii")
    digest = _read(root, names, found)
    newest = max((max(it.st_mtime, it.st_ctime) for it in found if it), default=0.0)
    if began - newest > _SETTLED:
        with suppress(OSError):
            write_text(known, digest)
    return digest


def _stat(path: str) -> os.stat_result | None:
    with suppress(OSError, ValueError):
        return os.stat(path)  # noqa: PTH116 - a path object takes ten times as long to make
    return None


def _known(names: Sequence[str], found: Sequence[os.stat_result | None]) -> Path:
    """Where the fingerprint of files with these sizes, times and inodes is remembered."""
    digest = hashlib.blake2b(digest_size=16)
    for name, it in zip(names, found, strict=True):
        digest.update(os.fsencode(name) + b"\0")
        if it is not None:
            digest.update(struct.pack("=qqqQQ", it.st_size, it.st_mtime_ns, it.st_ctime_ns,
                                      it.st_ino, it.st_dev))  # fmt: skip
    return cache_folder(FINGERPRINTS, digest.hexdigest())


def _read(root: Path, names: Sequence[str], found: Sequence[os.stat_result | None]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with progress_bar("reading the data", len(names)) as update:
        for number, (name, it) in enumerate(zip(names, found, strict=True)):
            digest.update(os.fsencode(name) + b"\0")
            digest.update(_content(f"{root}/{name}", it))
            if number % _SOME == 0:
                update(number)
    return digest.hexdigest()


def _content(path: str, found: os.stat_result | None) -> bytes:
    """The digest of a file's content; a pipe would never end."""
    if found is None or not stat.S_ISREG(found.st_mode):
        return _UNREADABLE
    with suppress(OSError), open(path, "rb", buffering=0) as file:  # noqa: PTH123
        if found.st_size > _LARGE:
            return hashlib.file_digest(file, hashlib.blake2b).digest()
        return hashlib.blake2b(file.read()).digest()
    return _UNREADABLE
