"""16-bit colour, for which Pillow has no mode: it keeps the higher byte of every value.

A camera's 12 bits in 16 would be nearly black. Such a picture is read once more, by its lower
bytes, which are the higher ones of the other byte order.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

from PIL import Image, ImageChops, ImageFile
from PIL.TiffImagePlugin import BITSPERSAMPLE, PLANAR_CONFIGURATION, TiffImageFile

from .picture_values import FEW_BITS, Note

_APART = 2  # a planar configuration

Tiles = list[ImageFile._Tile]
"""Where the parts of a picture lie in its file, and how they are to be read."""

_WIDE = re.compile(r"(RGB[AaX]?|CMYK|[RGBA]);16([BLN])")
_OTHER_ORDER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_GREY = "LA;16B"  # of a PNG: it has no other order, but its four bytes are those of an RGBA
_WIDE_PLANES = ("RGB", "RGBA", "CMYK")
_MOST_PIXELS = 2**26  # of a picture that is read twice

_STAYS_DARK = (
    "16-bit colour that needs only 8, 10 or 12 stays dark where a picture is this large, or "
    "compressed plane by plane"
)

_BITS = ((4, 12), (1, 10), (0, 8))
"""The bits of values whose greatest has at least such a higher byte."""


def other_bytes(opened: ImageFile.ImageFile) -> Tiles:
    """How to read the lower bytes of a picture that is not loaded yet; nothing where it is not of
    16-bit colour. What Pillow gets wrong about it is set right."""
    _mend_planes(opened)
    forms = [_form(tile) for tile in opened.tile]
    if not forms or not all(form == _GREY or _WIDE.fullmatch(form) for form in forms):
        return []
    clear = opened.info.get("transparency")
    if isinstance(clear, tuple):  # a colour of 16 bits, which is looked for among those of 8
        opened.info["transparency"] = tuple(value >> 8 for value in clear)
    return [_as_form(tile, _other(form)) for tile, form in zip(opened.tile, forms, strict=True)]


def brighten(
    picture: Image.Image, lower: Tiles, again: Callable[[], ImageFile.ImageFile], note: Note
) -> None:
    """Spread the values of ``picture``, where 12 bits or fewer hold them all, from black to white.
    ``again`` opens it once more, to be read by the tiles ``lower``."""
    colours = picture.split()[: 4 if picture.mode == "CMYK" else 3]
    highest = max(map(_greatest, colours))
    bits = next((bits for least, bits in _BITS if least <= highest < 16), None)
    if bits is None:
        return
    if picture.width * picture.height > _MOST_PIXELS or _is_decoded_by_planes(picture, lower):
        note(_STAYS_DARK)
        return
    with again() as opened:
        is_grey = _form(opened.tile[0]) == _GREY
        opened.tile = lower
        opened.load()
        picture.paste(_joined(picture, opened, bits, is_grey))
    note(FEW_BITS)


def _is_decoded_by_planes(picture: Image.Image, lower: Tiles) -> bool:
    """Whether libtiff gives each colour apart, for which Pillow knows one order alone."""
    return lower[0].codec_name == "libtiff" and _planes(picture) == _APART


def _planes(picture: Image.Image) -> int | None:
    if not isinstance(picture, TiffImageFile):
        return None
    planes = picture.tag_v2.get(PLANAR_CONFIGURATION)
    return planes if isinstance(planes, int) else None


def _joined(higher: Image.Image, lower: Image.Image, bits: int, is_grey: bool) -> Image.Image:
    """Both bytes of each value as one."""
    order = (1, 1, 1, 3) if is_grey else range(len(higher.getbands()))
    pairs = zip(higher.split(), (lower.getchannel(at) for at in order), strict=True)
    return Image.merge(higher.mode, [_band(high, low, bits) for high, low in pairs])


def _band(high: Image.Image, low: Image.Image, bits: int) -> Image.Image:
    if _greatest(high) >= 16:  # alpha, which has all of its bits
        return high
    scale = 255 / (2**bits - 1)
    upper = high.point([min(round(256 * value * scale), 255) for value in range(256)])
    return ImageChops.add(upper, low.point([round(value * scale) for value in range(256)]))


def _greatest(band: Image.Image) -> int:
    return max(value for value, count in enumerate(band.histogram()) if count)


def _mend_planes(opened: ImageFile.ImageFile) -> None:
    """Of a TIFF whose colours lie one after the other, Pillow takes 16 bits for 8."""
    if not isinstance(opened, TiffImageFile) or _planes(opened) != _APART:
        return
    bits = opened.tag_v2.get(BITSPERSAMPLE, ())
    if 16 in bits and opened.mode in _WIDE_PLANES:
        order = "B" if opened.tag_v2.prefix == b"MM" else "L"
        opened.tile = [
            _as_form(tile, f"{_form(tile)};16{order}") if tile.codec_name == "raw" else tile
            for tile in opened.tile
        ]


def _form(tile: ImageFile._Tile) -> str:
    """How values are stored, such as ``RGB;16B``."""
    first = tile.args[0] if isinstance(tile.args, tuple) and tile.args else tile.args
    return first if isinstance(first, str) else ""


def _other(form: str) -> str:
    if form == _GREY:
        return "RGBA"
    # Of premultiplied colours the higher bytes are divided by alpha, which is near enough.
    return form[:-1].replace("a", "A") + _OTHER_ORDER[form[-1]]


def _as_form(tile: ImageFile._Tile, form: str) -> ImageFile._Tile:
    args = (form, *tile.args[1:]) if isinstance(tile.args, tuple) else form
    return tile._replace(args=args)
