"""How samples of the same latents changed in training: the pictures that a run kept."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from ..errors import RunError
from ..images import UNREADABLE
from ..storage.run_dir import RunDir, evenly_spaced
from .image_files import ANIMATIONS, picture_format, side_by_side, write_animation, write_picture

MOST_ANIMATED, MOST_STILL = 60, 16
"""Pictures at most, evenly spaced from the first to the last."""


def write_timeline(run: RunDir, output: Path) -> str:
    """The run's pictures as an animation, or side by side. Returns what was done.

    Raises UsageError for what ``output`` can't be, RunError for a run without pictures, or with one
    that can't be read.
    """
    animated = output.suffix.lower() in ANIMATIONS
    picture_format(output)
    found = run.pictures()
    if not found:
        raise RunError(
            f"{run.samples} holds no pictures: the run was made without callback samples"
        )
    shown = [found[i] for i in evenly_spaced(len(found), MOST_ANIMATED if animated else MOST_STILL)]
    pictures = [_read(path) for path in shown]
    if animated:
        write_animation(output, pictures, milliseconds=250)
    else:
        write_picture(output, side_by_side(pictures))
    of = f" of {len(found)}" if len(found) > len(shown) else ""
    first, last = int(found[0].stem), int(found[-1].stem)
    return f"{output}: {len(shown)}{of} pictures, from step {first} to {last}"


def _read(path: Path) -> Image.Image:
    try:
        with Image.open(path) as opened:
            return opened.convert("RGB")
    except UNREADABLE:
        raise RunError(f"{path} can't be read as a picture: it is damaged, or too large") from None
