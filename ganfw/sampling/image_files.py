"""Samples as pictures on disk: one picture, a folder of single pictures, an animation."""

from __future__ import annotations

import io
import itertools
import math
import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from ..errors import RunError, UsageError
from ..images import on_background
from ..storage import atomic

if TYPE_CHECKING:
    from torch import Tensor

ANIMATIONS = {".webp": "WEBP", ".gif": "GIF", ".apng": "PNG"}
MOST_IN_GRID = 4096
MOST_FRAMES = 1000

_WITH_ALPHA = frozenset(("PNG", "WEBP", "GIF", "TIFF"))
_UNSUITABLE = (OSError, ValueError, KeyError, struct.error, SystemError)
"""What Pillow raises for a picture that a format can't hold."""


def picture_format(output: Path, instead: str = ".png, .jpg or .webp", option: str = "-o") -> str:
    """Pillow's name of the format for ``output``, which was given with ``option``.

    Raises UsageError if there is none, with what to try ``instead``, or if the file can't be
    replaced.
    """
    Image.init()
    form = Image.EXTENSION.get(output.suffix.lower())
    if form not in Image.SAVE:
        raise UsageError(
            f"{option} {output}: '{output.suffix}' is no format for samples; try {instead}"
        )
    atomic.check_replaceable(output, option)
    return form


def write_picture(output: Path, picture: Image.Image, option: str = "-o") -> None:
    """Write one picture, whole or not at all, in the format for ``output``, which was given with
    ``option``. Raises UsageError for what the format can't hold, RunError if the disk refuses."""
    form = picture_format(output, option=option)
    if form not in _WITH_ALPHA:
        picture = on_background(picture)
    _write(output, option, form, picture)


def write_animation(output: Path, frames: Sequence[Image.Image], milliseconds: int) -> None:
    """``frames`` in an endless loop, as WebP, GIF or animated PNG.

    Raises UsageError for what the format can't hold, or if the file can't be replaced, RunError if
    the disk refuses.
    """
    atomic.check_replaceable(output)
    form = ANIMATIONS[output.suffix.lower()]
    animation = {
        "save_all": True, "append_images": frames[1:], "duration": milliseconds, "loop": 0,
    }  # fmt: skip
    _write(output, "-o", form, frames[0], **(animation if len(frames) > 1 else {}))


def write_picture_folder(
    folder: Path,
    batches: Iterable[tuple[Tensor, Tensor | None]],
    draw: Callable[[Tensor], Image.Image],
    count: int,
) -> None:
    """``000000.png``, … in ``folder``, one for each of ``count`` samples. The folder appears once
    all of them are written.

    Raises UsageError if there are files in it already, RunError if the disk refuses.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(f"-o {folder}: there are files already; name a new folder")
    digits = max(len(str(count - 1)), 6)
    numbers = itertools.count()
    try:
        with atomic.folder(folder) as temporary:
            for samples, _ in batches:
                for sample in samples:
                    draw(sample).save(temporary / f"{next(numbers):0{digits}d}.png")
    except OSError as error:
        raise RunError(f"{folder} can't be written: {error.strerror or error}") from None


def side_by_side(pictures: Sequence[Image.Image], columns: int = 4) -> Image.Image:
    """All of them on white, row by row."""
    width = max(picture.width for picture in pictures)
    height = max(picture.height for picture in pictures)
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    whole = Image.new("RGB", (columns * width, rows * height), "white")
    for i, picture in enumerate(pictures):
        whole.paste(picture, (i % columns * width, i // columns * height))
    return whole


def _write(output: Path, option: str, form: str, picture: Image.Image, **animation: Any) -> None:
    content = io.BytesIO()
    # WebP loses detail unless told not to.
    exact = {"lossless": True} if form == "WEBP" else {}
    try:
        picture.save(content, format=form, **exact, **animation)
    except _UNSUITABLE as error:
        size = f"{picture.width}×{picture.height}"
        raise UsageError(f"{option} {output}: {form} can't hold {size} pixels ({error})") from None
    try:
        atomic.write_bytes(output, content.getvalue())
    except OSError as error:
        raise RunError(f"{output} can't be written: {error.strerror}") from None
