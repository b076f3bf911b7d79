"""Options of folders of pictures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ganfw import Options


def _sides(value: object) -> object:
    """``64`` and ``"64"`` mean [64, 64]; ``"48x64"`` means [48, 64]."""
    if isinstance(value, str) and re.fullmatch(r"\d+(\s*[x×]\s*\d+)?", value.strip()):
        value = [int(side) for side in re.split(r"[x×]", value)]
        value = value if len(value) == 2 else value * 2
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    return value


def _a_folder(path: Path) -> Path:
    path = path.expanduser().absolute()
    if not path.exists():
        raise ValueError("there is no such folder")
    if not path.is_dir():
        raise ValueError("it is a file, not a folder")
    return path


def _a_file(path: Path) -> Path:
    path = path.expanduser().absolute()
    if not path.is_file():
        raise ValueError("it is a folder, not a file" if path.is_dir() else "there is no such file")
    return path


_LABEL = 40  # characters of the folder that a run is named after


Side = Annotated[int, Field(ge=8, le=1024)]


class PictureOptions(Options):
    """Which folder, and how its pictures become samples."""

    root: Annotated[Path, AfterValidator(_a_folder)] = Field(description="The folder")
    size: Annotated[tuple[Side, Side], BeforeValidator(_sides)] = Field(
        (64, 64), description="Height and width in pixels: 64, 48x64 or [48, 64]"
    )
    channels: Literal[1, 3, 4] = Field(3, description="1 for grey, 3 for RGB, 4 for RGBA")
    background: str = Field(
        "white",
        pattern=r"^([a-zA-Z]+|#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6})$",
        description="Colour behind transparent pixels: a name or #rrggbb",
    )
    fit: Literal["crop", "stretch", "pad"] = Field(
        "crop", description="What to do with a picture of another aspect ratio"
    )
    corrupt: Literal["skip", "refuse"] = Field(
        "skip", description="What to do with a file that can't be read as a picture"
    )

    def label(self) -> str | None:
        """The folder's name, without what a file name can't hold, and not too long."""
        word = re.sub(r"[^a-z0-9]+", "-", self.root.name.lower())[:_LABEL].strip("-")
        return word or None


class FolderOptions(PictureOptions):
    """Those of a folder of pictures, with or without class folders."""

    labels: bool = Field(True, description="Whether class folders, or metadata, are labels")
    label_column: str | None = Field(
        None, description="Column of metadata.csv or .jsonl with labels; label, if there is one"
    )


class ArchiveOptions(FolderOptions):
    """Those of an archive of pictures."""

    root: Annotated[Path, AfterValidator(_a_file)] = Field(description="The zip or tar archive")


class PairedOptions(PictureOptions):
    """Those of a folder of pairs."""

    # What `ganfw sample --labels PICTURE` does with a picture never seen.
    fit: Literal["crop", "stretch", "pad"] = Field(
        "stretch", description="What to do with a picture of another aspect ratio"
    )
    input: str = Field("input", description="The folder of what is given, the labels")
    target: str = Field("target", description="The folder of what is to be made of them")
    split: bool = Field(False, description="Whether each picture holds a pair, side by side")
    input_side: Literal["left", "right"] = Field(
        "left", description="With split, the side of what is given"
    )
