"""Types of options that datasets of pictures have in common. Imports no torch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field


def both_sides(value: object) -> object:
    """``64`` and ``"64"`` mean [64, 64]; ``"48x64"`` means [48, 64]."""
    if isinstance(value, str) and re.fullmatch(r"\d+(\s*[x×]\s*\d+)?", value.strip()):
        value = [int(side) for side in re.split(r"[x×]", value)]
        value = value if len(value) == 2 else value * 2
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    return value


def _a_file(path: Path) -> Path:
    path = path.expanduser().absolute()
    if not path.is_file():
        raise ValueError("it is a folder, not a file" if path.is_dir() else "there is no such file")
    return path


_Side = Annotated[int, Field(ge=8, le=1024)]

PictureSize = Annotated[tuple[_Side, _Side], BeforeValidator(both_sides)]
"""Height and width in pixels, 8 to 1024 each; see `both_sides`."""

Channels = Annotated[Literal[1, 3, 4], Field(description="1 for grey, 3 for RGB, 4 for RGBA")]

Background = Annotated[
    str,
    Field(
        pattern=r"^([a-zA-Z]+|#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6})$",
        description="Colour behind transparent pixels: a name or #rrggbb",
    ),
]

Fit = Annotated[
    Literal["crop", "stretch", "pad"],
    Field(description="What to do with a picture of another aspect ratio"),
]

ExistingFile = Annotated[Path, AfterValidator(_a_file)]
"""A file that is there, as an absolute path."""
