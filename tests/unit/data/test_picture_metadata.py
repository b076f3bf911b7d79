"""Metadata never decides whether pixels are read, nor what is read but for the orientation."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganfw import SkipItem, read_picture
from ganfw.data import pictures

HALVES = np.zeros((24, 24, 3), np.uint8)
HALVES[:12] = (255, 0, 0)

SIX = (0x112, 3, 1, b"\6\0\0\0")


def _saved(form: str) -> bytes:
    content = io.BytesIO()
    Image.fromarray(HALVES).save(content, form)
    return content.getvalue()


def _notes(order: str, *tags: tuple[int, int, int, bytes]) -> bytes:
    """The notes of a camera."""
    entries = b"".join(struct.pack(f"{order}HHI", *tag[:3]) + tag[3] for tag in tags)
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}HIH", 42, 8, len(tags))
    return head + entries + bytes(40)


def _jpeg(*tags: tuple[int, int, int, bytes], order: str = "<") -> bytes:
    plain, note = _saved("JPEG"), b"Exif\0\0" + _notes(order, *tags)
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(note) + 2) + note + plain[2:]


def _png(*chunks: tuple[bytes, bytes], spoil: bool = False) -> bytes:
    plain = _saved("PNG")
    added = b"".join(
        struct.pack(">I", len(body)) + name + body
        + struct.pack(">I", zlib.crc32(name + body) ^ spoil)
        for name, body in chunks
    )  # fmt: skip
    return plain[:33] + added + plain[33:]


def _is_turned(content: bytes) -> bool:
    """Whether the red half is on the right, or else above; nothing else is possible."""
    red = read_picture(io.BytesIO(content), (24, 24))[0].astype(int)
    right, above = red[:, 13:].mean() - red[:, :11].mean(), red[:11].mean() - red[13:].mean()
    assert max(right, above) > 200
    return bool(right > above)


@pytest.mark.parametrize(
    "tag",
    [
        (0x11A, 1, 1, b"\x48\0\0\0"),
        (0x11A, 2, 2, b"72\0\0"),
        (0x11A, 5, 1, b"\xff\xff\xff\xff"),
        (0x10F, 11, 1, bytes(4)),
        (0x128, 4, 1, b"\xff\xff\xff\xff"),
        (0x8769, 2, 4, b"none"),
        (0x501B, 99, 2**31, b"none"),
    ],
)
def test_a_mistyped_tag_beside_the_orientation(tag: tuple[int, int, int, bytes]) -> None:
    assert _is_turned(_jpeg(SIX, tag))
    assert _is_turned(_jpeg(tag, SIX))
    assert _is_turned(_png((b"eXIf", _notes("<", SIX, tag))))
    assert not _is_turned(_jpeg(tag))


@pytest.mark.parametrize(
    "orientation",
    [(1, 1, b"\6\0\0\0"), (4, 1, b"\6\0\0\0"), (2, 2, b"6\0\0\0"), (11, 1, struct.pack("<f", 6))],
)
def test_a_mistyped_orientation(orientation: tuple[int, int, bytes]) -> None:
    assert _is_turned(_jpeg((0x112, *orientation)))
    assert _is_turned(_jpeg((0x10F, 11, 9, bytes(4)), (0x112, *orientation)))
    assert not _is_turned(_jpeg((0x112, 3, 1, b"\xff\0\0\0")))


@pytest.mark.parametrize(
    ("kind", "count", "stored"),
    [
        (12, 1, struct.pack("<d", 6)),
        (5, 1, struct.pack("<II", 12, 2)),
        (3, 4, struct.pack("<4H", 6, 6, 6, 6)),
        (2, 6, b"6     "),
    ],
)
def test_an_orientation_that_is_stored_elsewhere(kind: int, count: int, stored: bytes) -> None:
    notes = _notes("<", (0x112, kind, count, struct.pack("<I", 22)))
    for content in (notes[:22] + stored, notes[:22]):
        assert _is_turned(_png((b"eXIf", content))) == content.endswith(stored)


def test_segments_of_a_jpeg_that_are_cut_short() -> None:
    plain = _saved("JPEG")
    for marker, body in ((0xE2, b"ICC_PROFILE\0"), (0xE2, b"ICC_PROFILE\0\1"), (0xEE, b"Adobe")):
        segment = struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
        assert not _is_turned(plain[:2] + segment + plain[2:])


def test_the_other_byte_order() -> None:
    resolution = (0x11A, 1, 1, b"\x48\0\0\0")
    assert _is_turned(_jpeg((0x112, 3, 1, b"\0\6\0\0"), resolution, order=">"))


def test_chunks_of_a_png_that_pillow_gives_up_at() -> None:
    text = zlib.compress(bytes(2**21))
    for chunks, spoil in (
        (((b"zTXt", b"a\0\0" + text), (b"eXIf", _notes("<", SIX))), False),
        (((b"iTXt", b"a\0\1\0\0\0" + text), (b"eXIf", _notes("<", SIX))), False),
        (((b"iCCP", b"a\0\0" + text), (b"eXIf", _notes("<", SIX))), False),
        (((b"eXIf", _notes("<", SIX)),), True),
    ):
        assert _is_turned(_png(*chunks, spoil=spoil))
    for name in (b"gAMA", b"cHRM", b"pHYs", b"sRGB", b"acTL", b"fcTL", b"fdAT", b"iCCP", b"tRNS"):
        assert not _is_turned(_png((name, b"")))


def test_mistyped_tags_of_a_tiff() -> None:
    content = bytearray(_saved("TIFF"))
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    extra = [(282, 2, 4, b"many"), (283, 2, 4, b"many"), (296, 2, 4, b"inch")]
    entries = content[start + 2 : start + 2 + 12 * count]
    added = b"".join(struct.pack("<HHI", *tag[:3]) + tag[3] for tag in extra)
    end = len(content)
    struct.pack_into("<I", content, 4, end)
    content += struct.pack("<H", count + 3) + entries + added + bytes(4)
    assert not _is_turned(bytes(content))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP"])
def test_a_suffix_says_nothing(tmp_path: Path, form: str) -> None:
    path = tmp_path / ("a.jpg" if form != "JPEG" else "a.png")
    path.write_bytes(_saved(form))
    assert read_picture(path, (8, 8))[0, 1, 1] > 200


def test_what_is_cut_stays_damaged() -> None:
    for form in ("PNG", "JPEG"):
        with pytest.raises(SkipItem):
            read_picture(io.BytesIO(_saved(form)[:-60]), (8, 8))


def test_whatever_a_decoder_raises_is_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (KeyError("a"), AttributeError(), MemoryError(), RecursionError("deep"), OSError):
        monkeypatch.setattr(pictures, "_decode", _raising(error))
        with pytest.raises(SkipItem) as caught:
            read_picture(io.BytesIO(_saved("BMP")), (8, 8))
        assert str(caught.value)


def _raising(error: type[Exception] | Exception) -> object:
    def decode(*arguments: object) -> None:
        raise error

    return decode
