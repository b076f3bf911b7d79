"""Small PNG files of the most common kind, read with less ceremony than `Image.open` needs.

For a picture of 64×64 pixels, finding the format, a reader's objects and its chunks one by one take
as long as a third of the decoding. The pixels are the same bytes: Pillow's decoder makes them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from PIL import Image

_PNG = b"\x89PNG\r\n\x1a\n"
_MODES = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}
_HARMLESS = (b"IHDR", b"pHYs", b"tIME", b"bKGD", b"sRGB", b"sBIT")
"""Chunks before the pixels that change neither colours nor orientation here."""


def plain_png(content: bytes, most_pixels: int) -> Image.Image | None:
    """The picture in ``content`` if it is a PNG file with at most ``most_pixels`` of 8 bits, grey
    or RGB, with or without alpha, not interlaced, and nothing beside them that has a say.

    None for any other file, whatever it is, and for one that is damaged.
    """
    head = content[:33]
    if len(head) < 33 or head[:16] != _PNG + b"\0\0\0\rIHDR":
        return None
    width, height, depth, kind, rest, checksum = struct.unpack(">IIBB3sI", head[16:])
    if depth != 8 or kind not in _MODES or rest != bytes(3) or checksum != zlib.crc32(head[12:29]):
        return None
    pixels = _pixels(content) if 0 < width * height <= most_pixels else None
    if pixels is None:
        return None
    try:
        return Image.frombytes(_MODES[kind], (width, height), pixels, "zip", _MODES[kind])
    except ValueError:  # damaged: those who read it in full say why
        return None


def _pixels(content: bytes) -> bytes | None:
    """What the IDAT chunks hold, or None if there are other chunks, or not all of them."""
    found: list[bytes] = []
    for name, start, end in _chunks(content):
        if name == b"IDAT":
            found.append(content[start:end])
        elif name == b"IEND":
            return found[0] if len(found) == 1 else b"".join(found)
        elif found or name not in _HARMLESS:
            return None
    return None


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The name of each chunk, and where its body begins and ends."""
    at = len(_PNG)
    while at + 12 <= len(content):
        start = at + 8
        end = start + int.from_bytes(content[at : at + 4])
        yield content[at + 4 : start], start, end
        at = end + 4
