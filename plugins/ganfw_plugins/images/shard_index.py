"""Where the samples of a tar file lie and what their labels are, read once from its headers.

A sample is what has one name up to its first dot, as WebDataset has it: ``0001.jpg``, ``0001.cls``.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from ganfw import DataError, find_pictures, tar_places

from .metadata import as_word
from .options import ShardOptions

HEADER, _BEGINNING = 512, 2**16
Places = Mapping[str, tuple[int, int]]


ROW = np.dtype([("start", "<i8"), ("size", "<i4"), ("label", "<i4")])
"""Of a sample the first byte of its picture, the number of bytes, and its label: the index of a
word, or -1 for none."""


@dataclass(frozen=True)
class ShardIndex:
    """The samples of one tar file, as they lie in it: ``rows`` (N,) of `ROW`, and the ``words`` of
    their labels. ``digest`` is of names, places, labels, and the beginning of the file."""

    rows: NDArray[np.void]
    words: tuple[str, ...]
    digest: str


def read_at(path: Path, start: int, size: int) -> bytes:
    """Raises DataError for a file that can't be read, or ends before."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            content = file.read(size)
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}") from error
    if len(content) < size:
        raise DataError(f"{path} is truncated before byte {start + size:,}")
    return content


def name_in(header: bytes) -> str:
    """The name in the header of a tar file's member, or its first 100 bytes."""
    return header[:100].partition(b"\0")[0].decode("utf-8", "replace")


def known_index(shard: Path, options: ShardOptions, folder: Path) -> ShardIndex:
    """The index of ``shard``; it is kept in ``folder`` for a file of this size and time.

    Raises DataError for a file that is no whole tar file, a hostile one, or labels that are none,
    OSError for a folder that can't be written.
    """
    try:
        found = shard.stat()
    except OSError as error:
        raise DataError(f"{shard} can't be read: {error.strerror}") from error
    key = (str(shard), found.st_size, found.st_mtime_ns, options.labels, options.label_field)
    kept = folder / f"{hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest()}.npz"
    try:
        with np.load(kept) as arrays:
            words = tuple(json.loads(str(arrays["words"])))
            return ShardIndex(arrays["rows"], words, str(arrays["digest"]))
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        index = _read(shard, found.st_size, options)
    _write(index, kept)
    return index


def _write(index: ShardIndex, path: Path) -> None:
    unfinished = path.with_suffix(".tmp")  # by one process at a time, which holds a lock
    with unfinished.open("wb") as file:
        words, digest = np.array(json.dumps(index.words)), np.array(index.digest)
        np.savez(file, rows=index.rows, words=words, digest=digest)
    unfinished.replace(path)


def _read(shard: Path, length: int, options: ShardOptions) -> ShardIndex:
    places = tar_places(shard)
    beginning = read_at(shard, 0, min(length, _BEGINNING))
    digest = hashlib.blake2b(f"{length}\0".encode() + beginning, digest_size=16)
    rows: list[tuple[int, int, int]] = []
    words: dict[str, int] = {}
    for key, picture in _pictures(places):
        word = _label(shard, key, places, options)
        rows.append((*places[picture], words.setdefault(word, len(words)) if word else -1))
        digest.update(repr((picture, rows[-1], word)).encode())
    return ShardIndex(np.array(rows, ROW), tuple(words), digest.hexdigest())


def _pictures(places: Places) -> Iterator[tuple[str, str]]:
    """(name up to its first dot, picture) of each sample, as they lie in the file. Of several
    pictures it is the one with the fewest dots, ``1.jpg`` and not ``1.mask.png``."""
    chosen: dict[str, str] = {}
    for name in sorted(find_pictures(places).names, key=lambda name: places[name]):
        key = _key(name)
        if key not in chosen or name.count(".") < chosen[key].count("."):
            chosen[key] = name
    yield from chosen.items()


def _key(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_name(path.name.partition(".")[0] or path.name))


def _label(shard: Path, key: str, places: Places, options: ShardOptions) -> str:
    """The label as text, "" for none."""
    kind = options.labels or "cls"
    name = f"{key}.{kind}"
    if kind == "none" or name not in places:
        return ""
    where = f"{shard}: '{name}'"
    try:
        text = read_at(shard, *places[name]).decode("utf-8-sig").strip()
        if kind != "json":
            return text
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where} can't be read as a label ({error})") from error
    return as_word(value.get(options.label_field) if isinstance(value, dict) else value, where)
