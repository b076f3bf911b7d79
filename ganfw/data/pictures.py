"""Picture files: finding them, and reading them into arrays of one size.

Pillow resizes, not torchvision: ``transforms.v2`` passes a PIL image on to Pillow, and its own
kernels for tensors round up to 0.8 % of the pixels differently. Its import would take 1.9 s more.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageOps

from ..errors import SkipItem
from ..images import UNREADABLE, on_background

SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
)
"""The files that count as pictures."""

Fit = Literal["stretch", "crop", "pad"]

Half = Literal["left", "right"]

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True)
class PictureList:
    """Pictures by name, sorted, each with the index of its class folder or None."""

    names: tuple[str, ...]
    labels: tuple[int | None, ...]
    classes: tuple[str, ...]


def find_pictures(names: Iterable[str]) -> PictureList:
    """The pictures among ``names``, which are paths with forward slashes, in a folder or archive.

    Hidden files and folders are left out. If every picture lies in a folder below the deepest
    folder that holds them all, those folders are the classes: ``x/abra/1.png`` is an "abra".
    """
    chosen = tuple(sorted(filter(_is_picture, names)))
    parents = [PurePosixPath(name).parts[:-1] for name in chosen]
    levels = zip(*parents, strict=False)
    depth = len(list(itertools.takewhile(lambda names: len(set(names)) == 1, levels)))
    if not chosen or any(len(parts) <= depth for parts in parents):
        return PictureList(chosen, (None,) * len(chosen), ())
    classes = tuple(sorted({parts[depth] for parts in parents}))
    index = {name: i for i, name in enumerate(classes)}
    return PictureList(chosen, tuple(index[parts[depth]] for parts in parents), classes)


def read_picture(
    source: Path | IO[bytes],
    size: tuple[int, int],
    channels: int = 3,
    background: str = "white",
    fit: Fit = "stretch",
    half: Half | None = None,
) -> NDArray[np.uint8]:
    """The picture in ``source``, or its ``half``, as (C, H, W) uint8.

    ``size`` is (H, W); ``channels`` 1 is grey, 3 RGB, 4 RGBA. Transparent pixels are composited on
    the colour ``background`` unless there are 4 channels. ``fit`` says what is done with another
    aspect ratio: the picture is stretched, cropped around the centre, or padded with the
    background. Resizing is bilinear with antialiasing. Raises SkipItem, with the reason, for what
    can't be read as a picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source) as opened:
                picture = _cut(_to_8_bit(ImageOps.exif_transpose(opened)), half)
    except UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SkipItem(reason) from error
    if channels != 4 and picture.mode == "RGBA":
        # Before resizing, or the hidden colour of transparent pixels would show at the edges.
        picture = on_background(picture, background)
    pixels = np.asarray(_resized(picture.convert(_MODES[channels]), size, background, fit))
    return np.ascontiguousarray(np.atleast_3d(pixels).transpose(2, 0, 1))


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not hidden and path.suffix.lower() in SUFFIXES


def _to_8_bit(picture: Image.Image) -> Image.Image:
    """As RGBA, or RGB if no pixel is transparent."""
    if picture.mode.startswith("I") or picture.mode == "F":
        # 16-bit grey: Pillow would clip to 255 instead of scaling.
        grey = np.asarray(picture, dtype=np.float32)
        scale = 65535 if picture.mode == "I;16" or grey.max(initial=0) > 255 else 255
        picture = Image.fromarray((grey / scale * 255).clip(0, 255).astype(np.uint8))
    if picture.mode in ("RGB", "L") and "transparency" not in picture.info:
        return picture.convert("RGB")
    return picture.convert("RGBA")


def _cut(picture: Image.Image, half: Half | None) -> Image.Image:
    """Before resizing, or the halves would run into each other where they meet."""
    width, height = picture.size
    if half is None:
        return picture
    if width < 2:
        raise ValueError("it is too narrow to hold two halves")
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
