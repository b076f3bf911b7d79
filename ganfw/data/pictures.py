"""Picture files read into arrays of one size.

Pillow resizes, not torchvision: ``transforms.v2`` passes a PIL image on to Pillow, and its own
kernels for tensors round up to 0.8 % of the pixels differently. Its import would take 1.9 s more.
"""

from __future__ import annotations

import io
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageFile, ImageOps, UnidentifiedImageError
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from ..errors import SkipItem, reason_of
from ..images import on_background
from .jpeg2000 import halve
from .picture_formats import formats, silence_pillow
from .picture_metadata import turn_of, without_metadata
from .picture_values import Note, as_mode, as_srgb, bands, is_number, number_bytes
from .plain_png import plain_png
from .wide_colour import brighten, other_bytes

Fit = Literal["stretch", "crop", "pad"]

Half = Literal["left", "right"]

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}

_LARGE, _HUGE = 2**20, 2**24
"""Pixels above which a JPEG, or JPEG 2000, is decoded smaller, and above which any picture is made
smaller before all else."""

_MOST_BYTES, _MANY_BYTES = 768 * 2**20, 64 * 2**20
"""The memory that a picture may take while it is decoded, and that only one at a time may take."""

_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}  # and 4 for all else
_COPIES = 9  # bytes a pixel that is copied: all that Pillow's own limit allows passes
_TWICE = ("WEBP", "AVIF", "HEIF", "JPEG2000", "JXL")  # whose decoders keep all pixels themselves

_SMALL_FILE = 2**20
"""Bytes of a file that is read at once, which is faster than by Pillow's pieces."""

_large_picture, _pillow_limit = threading.Lock(), threading.Lock()


def read_picture(
    source: Path | IO[bytes],
    size: tuple[int, int],
    channels: int = 3,
    background: str = "white",
    fit: Fit = "stretch",
    half: Half | None = None,
    note: Note | None = None,
) -> NDArray[np.uint8]:
    """The picture in ``source``, or its ``half``, as (C, H, W) uint8 in sRGB.

    ``size`` is (H, W); ``channels`` 1 is grey, 3 RGB, 4 RGBA. Transparent pixels are composited on
    the colour ``background`` unless there are 4 channels. ``fit`` says what is done with another
    aspect ratio: the picture is stretched, cropped around the centre, or padded with the
    background. Resizing is bilinear with antialiasing; a JPEG of more than a million pixels is
    decoded at half, a quarter or an eighth of its size where that is still twice ``size``.
    ``note`` is told what was done to values that are no bytes of sRGB. Raises SkipItem, with the
    reason, for what can't be read as a picture, whatever is wrong with it.
    """
    enough = 2 * max(size) * (2 if half else 1)
    picture = _cut(_read(source, enough, note or _silent), half)
    if channels != 4 and picture.mode == "RGBA":
        # Before resizing, or the hidden colour of transparent pixels would show at the edges.
        picture = on_background(picture, background)
    pixels = np.asarray(_resized(as_mode(picture, _MODES[channels]), size, background, fit))
    return np.ascontiguousarray(np.atleast_3d(pixels).transpose(2, 0, 1))


def picture_size(source: Path | IO[bytes]) -> tuple[int, int] | None:
    """Height and width in pixels, as the file's beginning says; None for what can't be read."""
    silence_pillow()
    try:
        # A pipe named like a picture would be waited for.
        if isinstance(source, Path) and not source.is_file():
            return None
        with _open(source) as opened:
            return opened.height, opened.width
    except Exception:
        return None  # for damage a decoder raises whatever came of it


def _silent(text: str) -> None:
    pass


def _read(source: Path | IO[bytes], enough: int, note: Note) -> Image.Image:
    """The picture upright, RGB or RGBA; made smaller if it is large, but neither side below
    ``enough``. If it can't be read, it is tried once more without its metadata."""
    silence_pillow()
    try:
        source = _in_memory(source)
        plain = _plain(source)
        return _decode(source, enough, note) if plain is None else as_srgb(plain, note)
    # For damage a decoder raises whatever came of it: KeyError and AttributeError too.
    except Exception as error:
        damage = error.with_traceback(None)  # which holds what was decoded until then
    bare = _read_bare(source, enough, note)
    if bare is None:
        raise SkipItem(_reason(damage)) from damage
    return bare


def _in_memory(source: Path | IO[bytes]) -> Path | IO[bytes]:
    """The content of a small file, which is read at once; a large one, or one in memory, as it is.
    Raises OSError for what is no regular file: a pipe named like a picture would be waited for."""
    if not isinstance(source, Path):
        return source
    found = source.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError("it is no regular file")
    return io.BytesIO(source.read_bytes()) if found.st_size <= _SMALL_FILE else source


def _plain(source: Path | IO[bytes]) -> Image.Image | None:
    most = min(_LARGE, _MOST_BYTES // _COPIES)
    return plain_png(source.getvalue(), most) if isinstance(source, io.BytesIO) else None


def _read_bare(source: Path | IO[bytes], enough: int, note: Note) -> Image.Image | None:
    """The picture without its metadata, or None if it can't be read that way either."""
    if isinstance(source, Path) and not source.is_file():
        return None
    try:
        bare = without_metadata(_content(source))
        return None if bare is None else _decode(io.BytesIO(bare), enough, note)
    except Exception:
        return None  # what was wrong at first says more


def _content(source: Path | IO[bytes]) -> bytes:
    if isinstance(source, Path):
        return source.read_bytes()
    source.seek(0)
    return source.read()


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "it is no picture that Pillow can read"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return reason_of(error)


def _decode(source: Path | IO[bytes], enough: int, note: Note) -> Image.Image:
    with _open(source) as opened:
        opened.filename = ""  # or Pillow maps a TIFF into memory, and garbles one that is turned
        needed, lower = _prepare(opened, enough), other_bytes(opened)
        with _large_picture if needed > _MANY_BYTES else nullcontext():
            _load(opened)
            if lower:
                brighten(opened, lower, lambda: _open(source), note)
            turn, picture = turn_of(opened), _shrunk(opened, enough, note)
    return picture if turn is None else picture.transpose(turn)


def _open(source: Path | IO[bytes]) -> ImageFile.ImageFile:
    try:
        return Image.open(source, formats=formats())
    except Image.DecompressionBombError as error:
        # WebP's decoder takes its memory before its size can be judged here.
        others = tuple(name for name in formats() if name != "WEBP")
        try:
            with _without_limit():
                return Image.open(source, formats=others)
        except UnidentifiedImageError:
            raise error from None


@contextmanager
def _without_limit() -> Iterator[None]:
    """Pillow refuses pictures by their pixels; here their memory counts, see `_prepare`."""
    with _pillow_limit:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _load(opened: ImageFile.ImageFile) -> None:
    try:
        opened.load()
    except Image.DecompressionBombError:  # at a strip of a TIFF, before anything is read
        with _without_limit():
            opened.load()


def _prepare(opened: ImageFile.ImageFile, enough: int) -> int:
    """Have a large JPEG decoded smaller. Returns about how many bytes decoding will take; raises
    ValueError for too many."""
    whole = opened.width * opened.height
    if not whole:
        raise ValueError("it has no pixels")
    # Of a progressive JPEG, the whole is kept until its last part is read.
    needed = 3 * whole if "progressive" in opened.info else 0
    decoded = _decoded_pixels(opened, enough) if whole > _LARGE else whole
    needed += decoded * _BYTES.get(opened.mode, 4)
    needed *= 2 if opened.format in _TWICE or opened.mode in ("I", "F") else 1
    if min(opened.size) < 2 * enough:  # see `_shrunk`: it is kept whole, and copied
        needed = max(needed, _COPIES * decoded)
    if needed > _MOST_BYTES:
        raise ValueError(
            f"{opened.width}×{opened.height} pixels of this kind take too much memory: make it "
            "smaller, or a JPEG"
        )
    return needed


def _decoded_pixels(opened: ImageFile.ImageFile, enough: int) -> int:
    """How many will be decoded, neither side below ``enough``."""
    if opened.format in ("JPEG", "MPO"):
        opened.draft(None, (enough, enough))
    halved = halve(opened, enough) if isinstance(opened, Jpeg2KImageFile) else 0
    return (opened.width * opened.height) >> (2 * halved)


def _shrunk(picture: Image.Image, enough: int, note: Note) -> Image.Image:
    """As RGB or RGBA. A huge picture is averaged by a whole factor on the way, band by band."""
    factor = min(picture.size) // enough
    if picture.width * picture.height <= _HUGE or factor < 2:
        return as_srgb(picture, note)
    if is_number(picture):
        picture = number_bytes(picture, note)
    parts = [as_srgb(band, note).reduce(factor) for band in bands(picture, factor)]
    height = sum(part.height for part in parts)
    shrunk = Image.new(parts[0].mode, (parts[0].width, height))
    for i, part in enumerate(parts):
        shrunk.paste(part, (0, i * parts[0].height))
    return shrunk


def _cut(picture: Image.Image, half: Half | None) -> Image.Image:
    """Before resizing, or the halves would run into each other where they meet."""
    width, height = picture.size
    if half is None:
        return picture
    if width < 2:
        raise SkipItem("it is too narrow to hold two halves")
    left = 0 if half == "left" else width - width // 2
    return picture.crop((left, 0, left + width // 2, height))


def _resized(picture: Image.Image, size: tuple[int, int], background: str, fit: Fit) -> Image.Image:
    height, width = size
    if fit == "stretch":
        return picture.resize((width, height), Image.Resampling.BILINEAR)
    if fit == "crop":
        return ImageOps.fit(picture, (width, height), Image.Resampling.BILINEAR)
    colour = ImageColor.getcolor(background, picture.mode)
    return ImageOps.pad(picture, (width, height), Image.Resampling.BILINEAR, color=colour)
