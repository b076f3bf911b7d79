"""Samples as pictures on disk: one picture, single ones in a folder, a moving picture."""

from __future__ import annotations

import io
import itertools
import math
import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from ..errors import RunError, UsageError
from ..storage import atomic

if TYPE_CHECKING:
    from torch import Tensor

ANIMATIONS = {".webp": "WEBP", ".gif": "GIF", ".apng": "PNG"}
MOST_IN_GRID = 4096
MOST_FRAMES = 1000

_ALPHA = frozenset(("PNG", "WEBP", "GIF", "TIFF"))
_UNFIT = (OSError, ValueError, KeyError, struct.error, SystemError)
"""What Pillow raises for a picture that a format can't hold."""


def picture_format(output: Path, instead: str = ".png, .jpg or .webp", option: str = "-o") -> str:
    """Pillow's name of the format that ``output``, given with ``option``, asks for. Raises
    UsageError if there is none, with what to try ``instead``, or if the file can't be replaced."""
    Image.init()
    form = Image.EXTENSION.get(output.suffix.lower())
    if form not in Image.SAVE:
        raise UsageError(
            f"{option} {output}: '{output.suffix}' is no format for samples; try {instead}"
        )
    atomic.check_replaceable(output, option)
    return form


def write_picture(output: Path, picture: Image.Image, option: str = "-o") -> None:
    """One picture in the format that the name, given with ``option``, asks for, whole or not at
    all.

    Raises UsageError for what the format can't hold, RunError if the disk refuses.
    """
    form = picture_format(output, option=option)
    fit = picture if form in _ALPHA else _on_white(picture)
    _keep(output, _encoded(f"{option} {output}", form, fit))


def write_animation(output: Path, frames: Sequence[Image.Image], milliseconds: int) -> None:
    """``frames`` one after the other, for ever, as WebP, GIF or animated PNG.

    Raises UsageError for what the format can't hold, or if the file can't be replaced, RunError if
    the disk refuses.
    """
    atomic.check_replaceable(output)
    form = ANIMATIONS[output.suffix.lower()]
    _keep(output, _encoded(f"-o {output}", form, frames[0], frames[1:], milliseconds))


def write_singles(
    folder: Path,
    batches: Iterable[tuple[Tensor, Tensor | None]],
    picture: Callable[[Tensor], Image.Image],
    count: int,
) -> None:
    """``000000.png``, … in ``folder``, which appears once all of them are there.

    Raises UsageError where there are files already, RunError if the disk refuses.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(f"-o {folder}: there are files already; name a new folder")
    digits = max(len(str(count - 1)), 6)
    numbers = itertools.count()
    try:
        with atomic.folder(folder) as temporary:
            for samples, _ in batches:
                for sample in samples:
                    picture(sample).save(temporary / f"{next(numbers):0{digits}d}.png")
    except OSError as error:
        raise RunError(f"{folder} can't be written: {error.strerror or error}") from None


def side_by_side(pictures: Sequence[Image.Image], columns: int = 4) -> Image.Image:
    """All of them on white, row by row."""
    width = max(each.width for each in pictures)
    height = max(each.height for each in pictures)
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    whole = Image.new("RGB", (columns * width, rows * height), "white")
    for i, each in enumerate(pictures):
        whole.paste(each, (i % columns * width, i // columns * height))
    return whole


def _encoded(
    given: str,
    form: str,
    picture: Image.Image,
    more: Sequence[Image.Image] = (),
    milliseconds: int = 0,
) -> bytes:
    content = io.BytesIO()
    # WebP loses detail unless told not to.
    exact = {"lossless": True} if form == "WEBP" else {}
    moving = {"save_all": True, "append_images": more, "duration": milliseconds, "loop": 0}
    try:
        picture.save(content, format=form, **exact, **(moving if more else {}))
    except _UNFIT as error:
        size = f"{picture.width}×{picture.height}"
        raise UsageError(f"{given}: {form} can't hold {size} pixels ({error})") from None
    return content.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    """As RGB, what is transparent in white."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture.convert("RGBA"))
    return ground.convert("RGB")


def _keep(output: Path, content: bytes) -> None:
    try:
        atomic.write_bytes(output, content)
    except OSError as error:
        raise RunError(f"{output} can't be written: {error.strerror}") from None
