"""What the numbers in a picture file become: bytes of sRGB."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from ganfw import SkipItem, read_picture

RAMP = np.linspace(0, 1, 64, dtype=np.float32)[None].repeat(32, 0)


def _file(pixels: Any, form: str, **options: Any) -> io.BytesIO:
    content = io.BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(content, form, **options)
    return content


def _grey(pixels: Any, form: str = "TIFF") -> tuple[list[int], list[str]]:
    """The least, middle and greatest value of ``pixels`` as read, and what was noted."""
    notes: list[str] = []
    read = read_picture(_file(pixels, form), (32, 64), channels=1, note=notes.append)
    return [int(read[0, 5, at]) for at in (0, 31, 63)], notes


@pytest.mark.parametrize(
    ("pixels", "noted"),
    [
        (RAMP, ""),
        (RAMP * 255, ""),
        ((RAMP * 65535).round(), ""),
        ((RAMP * 65535).astype(np.uint16), ""),
        ((RAMP * 65535).astype(np.int32), ""),
        ((RAMP * 255).astype(np.int32), "need only 8, 10 or 12"),
        ((RAMP * 4095).astype(np.uint16), "need only 8, 10 or 12"),
        ((RAMP * 1023).astype(np.uint16), "need only 8, 10 or 12"),
        (RAMP * 8, "unusual range"),
        (RAMP * 2 - 1, "unusual range"),
        (RAMP * 1e6, "unusual range"),
        ((RAMP * 2**31 * 0.999).astype(np.int32), "unusual range"),
        ((RAMP * 4e4 - 2e4).astype(np.int32), "unusual range"),
    ],
)
def test_a_ramp_of_any_range_is_a_ramp(pixels: Any, noted: str) -> None:
    (low, middle, high), notes = _grey(pixels)
    assert (low, high) == (0, 255)
    assert 123 <= middle <= 127
    assert [noted in note for note in notes] == [True] * bool(noted)


def test_32_bits_without_a_sign() -> None:
    content = _file((RAMP * 0xFFFFFF00).astype(np.uint32).view(np.int32), "TIFF").getvalue()
    signed = struct.pack("<HHI", 339, 3, 1) + struct.pack("<I", 2)
    assert content.count(signed) == 1
    unsigned = content.replace(signed, signed[:8] + struct.pack("<I", 1))
    read = read_picture(io.BytesIO(unsigned), (32, 64), channels=1)[0, 0]
    assert (read[0], read[63]) == (0, 255)
    assert (np.diff(read.astype(int)) >= 0).all()


def _tiff(values: Any, meaning: int = 1, kind: int = 1) -> io.BytesIO:
    """A TIFF that says what 0 means (white 0, black 1) and what ``kind`` numbers are."""
    height, width = values.shape
    tags = {256: width, 257: height, 258: 8 * values.itemsize, 259: 1, 262: meaning, 273: 200,
            277: 1, 278: height, 279: values.nbytes, 339: kind}  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, 3, 1, value) for tag, value in tags.items())
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries
    return io.BytesIO(head.ljust(200, b"\0") + values.tobytes())


@pytest.mark.parametrize(
    ("values", "kind"),
    [((RAMP * 65535).astype("<u2"), 1), (RAMP, 3), ((RAMP * 255).astype("u1"), 1)],
)
def test_a_tiff_whose_zero_is_white(values: Any, kind: int) -> None:
    for meaning, seen in ((0, [255, 0]), (1, [0, 255])):
        read = read_picture(_tiff(values, meaning, kind), (32, 64), channels=1)[0]
        assert read[5, [0, 63]].tolist() == seen


def test_bytes_with_a_sign() -> None:
    notes: list[str] = []
    content = _tiff((RAMP * 255 - 128).astype("i1"), kind=2)
    read = read_picture(content, (32, 64), channels=1, note=notes.append)[0, 5]
    assert (read[0], read[63]) == (0, 255)
    assert (np.diff(read.astype(int)) >= 0).all()
    assert len(notes) == 1


def test_values_that_are_not_finite() -> None:
    spoilt = RAMP.copy()
    spoilt[5, :3] = np.nan, np.inf, -np.inf
    read = read_picture(_file(spoilt, "TIFF"), (32, 64), channels=1)[0]
    assert read[5, :3].tolist() == [0, 255, 0]
    assert read[6, 63] == 255
    with pytest.raises(SkipItem, match="none of its values is a finite number"):
        read_picture(_file(np.full((8, 8), np.nan, np.float32), "TIFF"), (8, 8))


def _profile(gamma: float = 0.0, swap: bool = False) -> bytes:
    """sRGB's profile with another gamma, or with red and green changed for each other."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for i in range(struct.unpack_from(">I", profile, 128)[0]):
        at = 132 + 12 * i
        tag, start, _ = struct.unpack_from(">4sII", profile, at)
        if gamma and tag[1:] == b"TRC":
            struct.pack_into(">4sIIH", profile, start, b"curv", 0, 1, int(gamma * 256))
        if swap and tag in (b"rXYZ", b"gXYZ"):
            profile[at : at + 4] = b"gXYZ" if tag == b"rXYZ" else b"rXYZ"
    return bytes(profile)


def _middle(picture: Image.Image, form: str = "PNG", **options: Any) -> list[int]:
    array = read_picture(_file(picture, form, **options), (8, 8), channels=4)
    return array[:, 4, 4].tolist()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_a_profile_is_followed(form: str) -> None:
    grey = Image.new("RGB", (16, 16), (55, 55, 55))
    options = {"lossless": True} if form == "WEBP" else {}
    assert _middle(grey, form, icc_profile=_profile(gamma=1.0), **options) == [128, 128, 128, 255]
    assert _middle(grey, form, icc_profile=_profile(), **options) == [55, 55, 55, 255]


def test_a_profile_of_other_colours_in_every_mode() -> None:
    red, swapped = Image.new("RGB", (16, 16), (255, 0, 0)), _profile(swap=True)
    assert _middle(red, icc_profile=swapped) == [0, 255, 0, 255]
    clear = red.convert("RGBA")
    clear.putalpha(77)
    assert _middle(clear, icc_profile=swapped) == [0, 255, 0, 77]
    assert _middle(red.quantize(4), icc_profile=swapped) == [0, 255, 0, 255]
    assert _middle(Image.new("L", (16, 16), 55), icc_profile=_profile(1.0)) == [128, 128, 128, 255]
    grey = _middle(Image.new("LA", (16, 16), (55, 200)), icc_profile=_profile(1.0))
    assert grey == [127, 127, 127, 200]  # resizing multiplies by alpha and divides again


@pytest.mark.parametrize("profile", [b"no profile", _profile()[:200]])
def test_a_profile_that_can_not_be_used_is_noted(profile: bytes) -> None:
    notes: list[str] = []
    content = _file(Image.new("RGB", (8, 8), "red"), "PNG", icc_profile=profile)
    read = read_picture(content, (8, 8), note=notes.append)
    assert read[:, 4, 4].tolist() == [255, 0, 0]
    assert notes == ["a colour profile that can't be read: the colours are left as they are"]
    content = _file(Image.new("CMYK", (8, 8)), "JPEG", icc_profile=_profile(1.0))
    read_picture(content, (8, 8), note=notes.append)
    assert notes[1].startswith("a colour profile for RGB in a picture of CMYK")


def test_the_gamma_of_a_png() -> None:
    for gamma, seen in ((1.0, 128), (1 / 2.2, 55)):
        more = PngImagePlugin.PngInfo()
        more.add(b"gAMA", struct.pack(">I", round(gamma * 100000)))
        assert _middle(Image.new("RGB", (8, 8), (55,) * 3), pnginfo=more) == [seen] * 3 + [255]
        wide = Image.fromarray(np.full((8, 8), 55 * 257, np.uint16))
        assert _middle(wide, pnginfo=more) == [seen] * 3 + [255]


def test_other_primaries_of_a_png_are_noted() -> None:
    srgb = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    for primaries, noted in ((srgb, 0), ((*srgb[:2], 68000, 32000, 26500, 69000, 15000, 6000), 1)):
        more, notes = PngImagePlugin.PngInfo(), list[str]()
        more.add(b"cHRM", struct.pack(">8I", *primaries))
        content = _file(Image.new("RGB", (8, 8), (55,) * 3), "PNG", pnginfo=more)
        read_picture(content, (8, 8), note=notes.append)
        assert len(notes) == noted


def test_a_value_of_16_bits_that_is_transparent() -> None:
    values = np.full((8, 8), 60000, np.uint16)
    values[:, :4] = 65535
    content = _file(Image.fromarray(values), "PNG", transparency=60000)
    assert read_picture(content, (8, 8), channels=4)[3, 4].tolist() == [255] * 4 + [0] * 4
