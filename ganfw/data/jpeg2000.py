"""JPEG 2000 decoded at half, a quarter, … of its size: it holds a picture in such levels."""

from __future__ import annotations

import struct
from typing import IO

from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

_BEGIN = b"\xff\x4f\xff\x51"  # of what lies in the boxes of the file, if it has any
_SIZE, _CODING, _FIRST_TILE = 0xFF51, 0xFF52, 0xFF90
_HEAD = 2**16  # bytes in which it begins; a large colour profile may stand before it


def halve(opened: Jpeg2KImageFile, least: int) -> int:
    """Have the picture decoded smaller, but neither side below twice ``least``. Returns how often
    its sides are halved.

    Twice, as each level lies up and left of the one before, by half of its pixels.
    """
    wanted = max(min(opened.size) // (2 * least), 1).bit_length() - 1
    times = min(wanted, _levels(opened.fp)) if wanted and opened.fp else 0
    if times:
        opened.reduce = times
    return times


def _levels(file: IO[bytes]) -> int:
    """How often the sides can be halved (ITU-T T.800, A.6.1); 0 where that is not told."""
    before = file.tell()
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(before)
    at = head.find(_BEGIN) + 2
    while at >= 2 and at + 12 <= len(head):
        marker, length = struct.unpack_from(">HH", head, at)
        if marker == _CODING:
            return head[at + 9]
        if not _SIZE <= marker < _FIRST_TILE:
            return 0
        at += 2 + length
    return 0
