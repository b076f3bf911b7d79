"""16 bits for each colour, of which Pillow keeps 8."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest

from ganfw import read_picture
from ganfw.data import wide_colour

SIDE = 8


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), name) + body + struct.pack(">I", zlib.crc32(name + body))


def _png(pixels: Any, clear: bytes = b"") -> bytes:
    kind = {2: 4, 3: 2, 4: 6}[pixels.shape[2]]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 16, kind, 0, 0, 0)
    chunks = [(b"IHDR", head), *[(b"tRNS", clear)] * bool(clear)]
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _tiff(
    pixels: Any,
    order: str,
    kind: int = 2,
    extra: int | None = None,
    planes: int = 1,
    packed: int = 1,
) -> bytes:
    """``kind`` is 2 for RGB, 5 for CMYK; ``extra`` what a fourth value is; ``planes`` 2 for colours
    one after the other; ``packed`` 8 for DEFLATE."""
    channels = pixels.shape[2]
    parts = [pixels.reshape(-1, channels)] if planes == 1 else list(pixels.reshape(-1, channels).T)
    stored = [part.astype(f"{order}u2").tobytes() for part in parts]
    stored = stored if packed == 1 else list(map(zlib.compress, stored))
    starts = [1000 + sum(map(len, stored[:i])) for i in range(len(stored))]
    tags = {256: [SIDE], 257: [SIDE], 258: [16] * channels, 259: [packed], 262: [kind], 273: starts,
            277: [channels], 278: [SIDE], 279: list(map(len, stored)), 284: [planes]}  # fmt: skip
    if extra is not None:
        tags[338] = [extra]
    entries, more = b"", b""
    for tag, values in tags.items():
        body = struct.pack(f"{order}{len(values)}I", *values)
        at = struct.pack(f"{order}I", 500 + len(more))
        entries += struct.pack(f"{order}HHI", tag, 4, len(values))
        entries += body if len(values) == 1 else at
        more += body if len(values) > 1 else b""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(tags))
    return ((head + entries).ljust(500, b"\0") + more).ljust(1000, b"\0") + b"".join(stored)


def _values(bits: int, channels: int, last: int | None = None) -> Any:
    """Random values of ``bits``, black and white among them; ``last`` is all of the last."""
    values = np.random.default_rng(0).integers(0, 2**bits, (SIDE, SIDE, channels))
    values[0, 0], values[0, 1] = 0, 2**bits - 1
    if last is not None:
        values[..., -1] = last
    return values


def _check(content: bytes, values: Any, bits: int) -> None:
    """That ``content`` is read as RGB ``values``, up to one of 255."""
    notes: list[str] = []
    read = read_picture(io.BytesIO(content), (SIDE, SIDE), note=notes.append).transpose(1, 2, 0)
    assert abs(read - values / (2**bits - 1) * 255).max() <= 1
    assert ["need only 8, 10 or 12" in note for note in notes] == [True] * (bits < 16)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_values_of_any_bits(bits: int) -> None:
    white = 2**bits - 1
    values, clear = _values(bits, 3), _values(bits, 4, 65535)
    colours, grey = clear[..., :3], _values(bits, 2, 65535)
    _check(_png(values), values, bits)
    _check(_png(clear), colours, bits)
    _check(_png(grey), grey[..., [0, 0, 0]], bits)
    clear[..., 3] = white
    _check(_png(clear), colours, bits)
    for order in "<>":
        _check(_tiff(clear, order, extra=2), colours, bits)
        _check(_tiff(clear, order, extra=0), colours, bits)
        _check(_tiff(_values(bits, 4, 65535), order, extra=1), colours, bits)
        ink = _values(bits, 4, 0)
        _check(_tiff(ink, order, kind=5), white - ink[..., :3], bits)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize("packed", [1, 8])
def test_every_way_to_store_a_tiff(order: str, planes: int, packed: int) -> None:
    for bits in (12, 16) if planes == 1 or packed == 1 else (16,):
        values = _values(bits, 3)
        _check(_tiff(values, order, planes=planes, packed=packed), values, bits)


def test_a_colour_that_is_transparent() -> None:
    values = _values(16, 3)
    clear = struct.pack(">3H", *values[4, 4])
    read = read_picture(io.BytesIO(_png(values, clear)), (SIDE, SIDE), channels=4)
    assert (np.argwhere(read[3] == 0) == [4, 4]).all()
    assert (read[3] == 0).sum() == 1


def test_what_stays_dark_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    values = _values(12, 3)
    for content in (_tiff(values, "<", planes=2, packed=8), _png(values)):
        read_picture(io.BytesIO(content), (SIDE, SIDE), note=notes.append)
        monkeypatch.setattr(wide_colour, "_MOST_PIXELS", SIDE)
    assert ["stays dark" in note for note in notes] == [True, True]
