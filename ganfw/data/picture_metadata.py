"""What stands beside the pixels of a picture file: how it is turned, and doing without the rest.

Pillow reads much of it when it opens a file, and gives up where it is damaged or mistyped. The
pixels are read all the same: from a copy of the file that holds what they need and no more.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from PIL import ExifTags, Image

_ORIENTATION = int(ExifTags.Base.Orientation)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_FORMS = {3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d"}
"""How EXIF stores numbers, by their kind, fractions as two; all else is bytes."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_JPEG, _ICC, _EXIF = b"\xff\xd8", b"ICC_PROFILE\0", b"Exif\0\0"
_APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT, _SCAN = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE, 0xDA
_ADOBE = 12  # bytes of the segment that says how colours are stored
_TIFF_NEEDED = frozenset(
    (254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323,
     324, 325, 330, 332, 338, 339, 347, 512, 513, 514, 529, 530, 531, 532, 34675)
)  # fmt: skip
"""The tags that say how pixels are stored, the orientation and the colour profile."""
_TIFF_UNUSED = 65000  # and the numbers after it: tags that mean nothing


def turn_of(picture: Image.Image) -> Image.Transpose | None:
    """How ``picture`` has to be turned to be upright, by its orientation alone. An orientation of a
    wrong type counts as long as its value can be told."""
    exif = picture.info.get("exif")
    if isinstance(exif, bytes) and (value := _orientation(exif.removeprefix(_EXIF))):
        return _TURNS.get(value)
    try:
        return _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # a damaged note: Pillow promises no exception in particular
        return None


def _orientation(tiff: bytes) -> int | None:
    """The orientation in EXIF data. Pillow would stop at the first tag that is damaged."""
    at = next((at for at, tag in _tags(tiff) if tag == _ORIENTATION), None)
    try:
        found = None if at is None else _number(tiff, at)
    except (struct.error, ArithmeticError, ValueError):
        return None
    return found - ord("0") if found is not None and found >= ord("1") else found


def _number(tiff: bytes, at: int) -> int:
    """The first number of the entry at ``at``. Raises struct.error, ArithmeticError or ValueError
    for what is none."""
    order = ">" if tiff.startswith(b"MM") else "<"
    kind, count = struct.unpack_from(f"{order}HI", tiff, at + 2)
    form = order + _FORMS.get(kind, "B")
    beside = struct.calcsize(form) * count <= 4
    start = at + 8 if beside else struct.unpack_from(f"{order}I", tiff, at + 8)[0]
    first, *rest = struct.unpack_from(form, tiff, start)
    return int(first / rest[0]) if rest else int(first)


def without_metadata(content: bytes) -> bytes | None:
    """The picture file ``content`` with what its pixels need, its orientation and, where that can
    be told apart, its colour profile. None for a format that is not known here."""
    if content.startswith(_PNG):
        return _PNG + b"".join(_png_chunks(content))
    if content.startswith(_JPEG):
        return _JPEG + b"".join(_jpeg_segments(content))
    if content[:4] in (b"II*\0", b"MM\0*"):
        return _bare_tiff(content)
    return None


def _png_chunks(content: bytes) -> Iterator[bytes]:
    at = len(_PNG)
    while at + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        chunk = content[at : at + 12 + length]
        if name in _PNG_NEEDED and not _is_cut_short(content, name, length):
            yield chunk
        elif name == b"eXIf" and (note := _only_orientation(chunk[8:-4])):
            yield struct.pack(">I4s", len(note), name) + note + _checksum(name + note)
        at += 12 + length


def _is_cut_short(content: bytes, name: bytes, length: int) -> bool:
    """Whether it is a transparent value, grey or RGB, without all of its bytes."""
    kind = content[25:26]
    return name == b"tRNS" and length < {b"\0": 2, b"\2": 6}.get(kind, 0)


def _checksum(content: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(content))


def _jpeg_segments(content: bytes) -> Iterator[bytes]:
    at = len(_JPEG)
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != _SCAN:
        marker, length = content[at + 1], struct.unpack_from(">H", content, at + 2)[0]
        body = content[at + 4 : at + 2 + length]
        if marker == _APP1 and body.startswith(_EXIF):
            if note := _only_orientation(body[len(_EXIF) :]):
                yield struct.pack(">HH", 0xFF00 | _APP1, len(note) + 8) + _EXIF + note
        elif _is_needed(marker, body):
            yield content[at : at + 2 + length]
        at += 2 + length
    yield content[at:]


def _is_needed(marker: int, body: bytes) -> bool:
    if _APP0 <= marker <= _APP15 or marker == _COMMENT:
        is_colour = body.startswith(_ICC) and len(body) > len(_ICC) + 1
        return (marker == _APP14 and len(body) >= _ADOBE) or (marker == _APP2 and is_colour)
    return True


def _only_orientation(tiff: bytes) -> bytes:
    """EXIF data with the orientation that ``tiff`` holds and nothing else; empty if it has none."""
    turn = _orientation(tiff)
    if turn not in _TURNS:
        return b""
    return b"II*\0" + struct.pack("<IHHHIII", 8, 1, _ORIENTATION, 3, 1, turn, 0)


def _bare_tiff(content: bytes) -> bytes:
    """``content`` with other numbers for the tags that no pixel needs, which are then ignored."""
    order, bare = ">" if content.startswith(b"MM") else "<", bytearray(content)
    for i, (at, tag) in enumerate(_tags(content)):
        if tag not in _TIFF_NEEDED:
            struct.pack_into(f"{order}H", bare, at, min(_TIFF_UNUSED + i, 65535))
    return bytes(bare)


def _tags(tiff: bytes) -> Iterator[tuple[int, int]]:
    """Where each entry of the first directory begins, and its tag."""
    order = ">" if tiff.startswith(b"MM") else "<"
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            yield at, struct.unpack_from(f"{order}H", tiff, at)[0]
    except struct.error:
        return
