"""Pictures: finding them, reading them into arrays, and laying them out in a grid."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageOps

from ..errors import SkipItem
from ..images import UNREADABLE

if TYPE_CHECKING:
    pass

SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
)
"""The files that count as pictures."""

Fit = Literal["stretch", "crop", "pad"]

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
    chosen = sorted(filter(_is_picture, names))
    parents = [PurePosixPath(name).parts[:-1] for name in chosen]
    depth = len(_common(parents))
    if not chosen or any(len(parts) <= depth for parts in parents):
        return PictureList(tuple(chosen), (None,) * len(chosen), ())
    classes = sorted({parts[depth] for parts in parents})
    index = {name: i for i, name in enumerate(classes)}
    return PictureList(
        tuple(chosen), tuple(index[parts[depth]] for parts in parents), tuple(classes)
    )


def read_picture(
    source: Path | IO[bytes],
    size: tuple[int, int],
    channels: int = 3,
    background: str = "white",
    fit: Fit = "stretch",
) -> NDArray[np.uint8]:
    """The picture in ``source`` as (C, H, W) uint8.

    ``size`` is (H, W); ``channels`` 1 is grey, 3 RGB, 4 RGBA. Transparent pixels are composited on
    the colour ``background`` unless there are 4 channels. ``fit`` says how another shape is met:
    stretched, cropped around the centre, or padded with the background. Resizing is bilinear with
    antialiasing. Raises SkipItem, with the reason, for what can't be read as a picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source) as opened:
                picture = _upright(opened)
    except UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SkipItem(reason) from error
    if channels != 4 and picture.mode == "RGBA":
        # On the background before resizing, or the hidden colour of clear pixels would fringe.
        ground = Image.new("RGBA", picture.size, background)
        ground.alpha_composite(picture)
        picture = ground
    picture = picture.convert(_MODES[channels])
    return _as_array(_resized(picture, size, background, fit))


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not hidden and path.suffix.lower() in SUFFIXES


def _common(parents: list[tuple[str, ...]]) -> tuple[str, ...]:
    if not parents:
        return ()
    least, most = min(parents), max(parents)
    same = 0
    while same < min(len(least), len(most)) and least[same] == most[same]:
        same += 1
    return least[:same]


def _upright(opened: Image.Image) -> Image.Image:
    """The first frame, turned as its EXIF says, in 8-bit RGBA, or RGB where nothing is clear."""
    upright = ImageOps.exif_transpose(opened)
    if upright.mode.startswith("I") or upright.mode == "F":
        # 16-bit grey: Pillow would clip to 255 instead of scaling.
        grey = np.asarray(upright, dtype=np.float32)
        scale = 65535 if upright.mode == "I;16" or grey.max(initial=0) > 255 else 255
        upright = Image.fromarray((grey / scale * 255).clip(0, 255).astype(np.uint8))
    if upright.mode in ("RGB", "L") and "transparency" not in upright.info:
        return upright.convert("RGB")
    return upright.convert("RGBA")


def _resized(picture: Image.Image, size: tuple[int, int], background: str, fit: Fit) -> Image.Image:
    height, width = size
    if fit == "stretch":
        return picture.resize((width, height), Image.Resampling.BILINEAR)
    if fit == "crop":
        return ImageOps.fit(picture, (width, height), Image.Resampling.BILINEAR)
    colour = ImageColor.getcolor(background, picture.mode)
    return ImageOps.pad(picture, (width, height), Image.Resampling.BILINEAR, color=colour)


def _as_array(picture: Image.Image) -> NDArray[np.uint8]:
    pixels = np.asarray(picture, dtype=np.uint8)
    if pixels.ndim == 2:
        return pixels[None]
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))
