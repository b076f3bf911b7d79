"""Types of options that datasets of pictures have in common. Imports no torch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ..storage.nearby import nearby

_SIZE = re.compile(
    r"[\[(]?\s*(\d+)(?:\.0)?(?:\s*[x×*,; ]\s*(\d+))?\s*(?:px)?\s*[\])]?", re.IGNORECASE
)


def both_sides(value: object) -> object:
    """``64`` and ``"64"`` mean [64, 64]; ``"48x64"`` means [48, 64], and so do ``"48,64"`` and what
    else people write. Raises ValueError for other text."""
    if isinstance(value, str):
        match = _SIZE.fullmatch(value.strip())
        if match is None:
            raise ValueError("write 64, or 48x64 for height and width")
        value = (int(match[1]), int(match[2] or match[1]))
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    return value


def _a_file(path: Path) -> Path:
    path = path.expanduser().absolute()
    if not path.is_file():
        gone = f"there is no such file{nearby(path)}"
        raise ValueError("it is a folder, not a file" if path.is_dir() else gone)
    return path


def _a_folder(path: Path) -> Path:
    path = path.expanduser().absolute()
    if not path.is_dir():
        gone = f"there is no such folder{nearby(path)}"
        raise ValueError("it is a file, not a folder" if path.exists() else gone)
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

ExistingFolder = Annotated[Path, AfterValidator(_a_folder)]
"""A folder that is there, as an absolute path."""

ExistingFile = Annotated[Path, AfterValidator(_a_file)]
"""A file that is there, as an absolute path."""
