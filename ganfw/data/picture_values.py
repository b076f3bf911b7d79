"""The pixels of any mode as bytes of sRGB.

This is the one place that decides what a number means:

- **Bytes** are what they are; a palette is looked up, and premultiplied colours are divided again.
- **Floats** of 0..1 become 0..255, the usual range of scans and simulations. Floats of 0..255 are
  taken as bytes where the greatest is above 128, or where all are whole numbers.
- **Whole numbers** of 16 or 32 bits, and floats that are such, have as many bits as their greatest
  value needs, of 8, 10, 12 and 16: 4095 is the white of 12 bits in 16.
- **All else** (below zero, above 16 bits, brightness of 0..8) is spread file by file, from the
  least value, black, to the greatest, white.
- What is not finite is black, or white where it is +infinity.
- A **colour profile** is followed, and the gamma of a PNG without one.

What is guessed or left undone is noted. 16-bit colour, see ``wide_colour.py``, is bytes here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from .colour_profiles import ProfileError, to_srgb

Note = Callable[[str], None]
"""Takes what was done to the values of a picture, in a few words, the same for all such files."""

FEW_BITS = "values of 16 bits or more that need only 8, 10 or 12 are spread from black to white"

_BITS = (8, 10, 12, 16)
_COLOURS = ("icc_profile", "gamma", "srgb")  # what is known of them
_GREY = {"1": "L", "L": "L", "LA": "L", "La": "L"}
_SRGB_GAMMA, _CLOSE = 1 / 2.2, 0.05
_BAND = 2**22  # pixels at a time: what is large is not there twice
_SAMPLE_FORMAT, _UNSIGNED, _SIGNED = 339, 1, 2  # of a TIFF
_MEANING, _WHITE_IS_ZERO = 262, 0

_SRGB_PRIMARIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
"""x and y of white, red, green and blue (ITU-R BT.709-6)."""


def as_srgb(picture: Image.Image, note: Note) -> Image.Image:
    """As RGBA, or RGB if no pixel is transparent. Raises ValueError where no value is finite."""
    if is_number(picture):
        picture = number_bytes(picture, note)
    profile, gamma = picture.info.get("icc_profile"), _gamma(picture)
    if not profile and _has_other_primaries(picture):
        note("a PNG's own primaries (cHRM) are not followed")
    if (isinstance(profile, bytes) and profile) or gamma:
        return _converted(picture, profile, gamma, note)
    if picture.mode in ("RGB", "L", "1") and "transparency" not in picture.info:
        return as_mode(picture, "RGB")
    return as_mode(picture, "RGBA")


def as_mode(picture: Image.Image, mode: str) -> Image.Image:
    """``picture`` in ``mode``; not a copy if it is already."""
    return picture if picture.mode == mode else picture.convert(mode)


def bands(picture: Image.Image, multiple: int = 1) -> Iterator[Image.Image]:
    """``picture`` from top to bottom in pieces of a ``multiple`` of rows, the last one aside."""
    rows = multiple * max(_BAND // (picture.width * multiple), 1)
    for top in range(0, picture.height, rows):
        yield picture.crop((0, top, picture.width, min(top + rows, picture.height)))


def is_number(picture: Image.Image) -> bool:
    """Whether pixels are whole numbers of more than 8 bits or with a sign, or floats."""
    return picture.mode == "F" or picture.mode.startswith("I") or _stored(picture) is np.int8


def number_bytes(picture: Image.Image, note: Note) -> Image.Image:
    """A picture of numbers as grey bytes."""
    stored = _stored(picture)
    black, white = _black_and_white(picture, stored, note)
    if isinstance(picture, TiffImageFile) and picture.tag_v2.get(_MEANING) == _WHITE_IS_ZERO:
        black, white = white, black
    grey = Image.new("L", picture.size)
    top = 0
    for band in bands(picture):
        values = np.nan_to_num(_numbers(band, stored), nan=black, posinf=white, neginf=black)
        scaled = (values.astype(np.float64) - black) / ((white - black) or 1) * 255
        grey.paste(Image.fromarray(scaled.clip(0, 255).round().astype(np.uint8)), (0, top))
        top += band.height
    grey.info |= {key: picture.info[key] for key in _COLOURS if key in picture.info}
    if isinstance(clear := picture.info.get("transparency"), int):
        grey.putalpha(Image.fromarray((np.asarray(picture) != clear).astype(np.uint8) * 255))
    return grey


def _numbers(picture: Image.Image, stored: type[np.number]) -> NDArray[np.number]:
    values = np.asarray(picture)
    return values if stored is np.number else values.view(stored)


def _stored(picture: Image.Image) -> type[np.number]:
    """The numbers of a TIFF with a sign where Pillow sees none, or none where it sees one; else
    np.number."""
    if not isinstance(picture, TiffImageFile) or picture.mode not in ("I", "L"):
        return np.number
    found = picture.tag_v2.get(_SAMPLE_FORMAT, _UNSIGNED)
    kind = found[0] if isinstance(found, tuple) and found else found
    if picture.mode == "I":
        return np.uint32 if kind == _UNSIGNED else np.number
    return np.int8 if kind == _SIGNED else np.number


def _black_and_white(
    picture: Image.Image, stored: type[np.number], note: Note
) -> tuple[float, float]:
    """The values that become 0 and 255: see the top of this file."""
    low, high, whole = np.inf, -np.inf, True
    for band in bands(picture):
        values = _numbers(band, stored)
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
            whole = whole and bool((finite == finite.round()).all())
    if low > high:
        raise ValueError("none of its values is a finite number")
    if low >= 0 and picture.mode == "F" and (high <= 1 or (128 < high <= 255)):
        return 0, 1 if high <= 1 else 255
    bits = next((bits for bits in _BITS if whole and low >= 0 and high < 2**bits), None)
    if bits is None:
        note("values of an unusual range are spread from black to white, file by file")
        return low, high
    if bits < max(_BITS) and picture.mode != "F":
        note(FEW_BITS)
    return 0, 2**bits - 1


def _gamma(picture: Image.Image) -> float | None:
    """The gamma of a PNG file that has no better word for its colours, if it is not sRGB's."""
    gamma = picture.info.get("gamma")
    if "srgb" in picture.info or not isinstance(gamma, float) or not 0.1 <= gamma <= 10:
        return None
    return None if abs(gamma - _SRGB_GAMMA) <= _CLOSE else gamma


def _has_other_primaries(picture: Image.Image) -> bool:
    told = picture.info.get("chromaticity")
    if "srgb" in picture.info or not isinstance(told, tuple) or len(told) != len(_SRGB_PRIMARIES):
        return False
    return not np.allclose(told, _SRGB_PRIMARIES, atol=0.02)


def _converted(
    picture: Image.Image, profile: bytes | None, gamma: float | None, note: Note
) -> Image.Image:
    """``picture`` with its colours in sRGB."""
    mode = _GREY.get(picture.mode, picture.mode if picture.mode in ("CMYK", "LAB") else "RGB")
    colours = as_mode(picture, mode)
    if profile:
        try:
            colours = to_srgb(colours, profile)
        except ProfileError as error:
            note(f"{error}: the colours are left as they are")
    elif gamma and mode != "LAB":
        colours = colours.convert("RGB").point(_to_srgb_gamma(gamma) * 3)
    colours = colours.convert("RGB")
    if picture.has_transparency_data:
        colours.putalpha(picture.convert("RGBA").getchannel("A"))
    return colours


def _to_srgb_gamma(gamma: float) -> list[int]:
    """Bytes of light raised to ``gamma`` as bytes of sRGB (IEC 61966-2-1, 5.2)."""
    light = (np.arange(256) / 255) ** (1 / gamma)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return [int(value) for value in (encoded * 255).round()]
