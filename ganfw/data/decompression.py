"""What is in gzip, bzip2 and xz files, piece by piece."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path

Chunks = Iterator[bytes]
Decompressor = Callable[[Path], Chunks]

_CHUNK = 2**20

_XZ_MEMORY = 2**28
"""That an xz file may ask for: 65 MiB at its strongest preset."""


def _read_by(opener: type[gzip.GzipFile | bz2.BZ2File]) -> Decompressor:
    def chunks(path: Path) -> Chunks:
        with opener(path) as content:
            yield from iter(lambda: content.read(_CHUNK), b"")

    return chunks


def _xz(path: Path) -> Chunks:
    """As `lzma.LZMAFile` reads it, which takes all the memory that a file asks for."""
    with path.open("rb") as file:
        packed = file.read(_CHUNK)
        while packed:
            stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
            while not stream.eof:
                yield stream.decompress(packed, _CHUNK)
                packed = file.read(_CHUNK) if stream.needs_input else b""
                if stream.needs_input and not packed:
                    raise EOFError("it ends too early")
            # Another stream may follow, after zeros.
            packed = (stream.unused_data or file.read(_CHUNK)).lstrip(b"\0")


COMPRESSED: dict[bytes, Decompressor] = {
    b"\x1f\x8b": _read_by(gzip.GzipFile),
    b"BZh": _read_by(bz2.BZ2File),
    b"\xfd7zXZ": _xz,
}
"""How to decompress a file, by its first bytes."""
