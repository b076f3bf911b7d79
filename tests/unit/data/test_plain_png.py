"""Plain PNG files: the same pixels by the short way, and all else left to the long one."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from ganfw.data.plain_png import plain_png

MOST = 2**20


def _png(mode: str, **options: object) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (5, 7, 4), np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(content, "PNG", **options)
    return content.getvalue()


def _with_chunk(content: bytes, name: bytes, body: bytes) -> bytes:
    checked = name + body
    chunk = struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))
    return content[:33] + chunk + content[33:]


@pytest.mark.parametrize("mode", ["L", "RGB", "LA", "RGBA"])
@pytest.mark.parametrize("options", [{}, {"dpi": (72, 72)}, {"compress_level": 0}])
def test_pixels_are_those_that_pillow_reads(mode: str, options: dict[str, object]) -> None:
    content = _png(mode, **options)
    picture = plain_png(content, MOST)
    assert picture is not None
    with Image.open(io.BytesIO(content)) as expected:
        assert picture.mode == expected.mode
        assert picture.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        _png("RGB")[:40],
        _png("RGB")[:-30],
        _png("RGB")[:-12],  # without its end
        _png("P"),
        _png("1"),
        _png("RGB", transparency=(1, 2, 3)),
        _png("RGB", icc_profile=b"profile"),
        _with_chunk(_png("RGB"), b"gAMA", struct.pack(">I", 100000)),
        _with_chunk(_png("RGB"), b"eXIf", b"MM\0*\0\0\0\x08\0\0"),
        _png("RGB")[:24] + b"\x10" + _png("RGB")[25:],  # 16 bits, it says
        _png("RGB")[:20] + b"\0\0\0\x06" + _png("RGB")[24:],  # the checksum is another
        _png("RGB").replace(b"PNG", b"JNG"),
    ],
)
def test_all_else_is_left_to_pillow(content: bytes) -> None:
    assert plain_png(content, MOST) is None


def test_a_large_picture_is_left_to_pillow() -> None:
    assert plain_png(_png("RGB"), 35) is not None
    assert plain_png(_png("RGB"), 34) is None
