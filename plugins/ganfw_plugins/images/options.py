"""Options of folders of pictures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ganfw import (
    Background,
    Channels,
    DataFacts,
    ExistingFile,
    ExistingFolder,
    Fit,
    Options,
    PictureSize,
)


def _fitting_size(given: dict[str, Any]) -> tuple[int, int]:
    from .sizes import fitting_size  # not at the top: numpy

    return fitting_size(given["root"])


def _no_address(value: object) -> object:
    text = str(value)
    if "://" in text or text.startswith("pipe:"):
        raise ValueError(
            "it is an address, and shards are read from a disk: mount or download them"
        )
    if "{" in text or "*" in text:
        raise ValueError(
            "give the folder, and a pattern of names as -s data.files='a-{000..127}.tar'"
        )
    return value


_LABEL = 40  # characters of the folder that a run is named after


class PictureOptions(Options):
    """Which folder, and how its pictures become samples."""

    root: ExistingFolder = Field(description="The folder")
    size: PictureSize = Field(
        default_factory=_fitting_size,
        description="Height and width in pixels: 64, 48x64 or [48, 64]; by default those of the "
        "pictures, 64 at most",
    )
    channels: Channels = 3
    background: Background = "white"
    fit: Fit = "crop"
    corrupt: Literal["skip", "refuse"] = Field(
        "skip", description="What to do with a file that can't be read as a picture"
    )

    def facts(self) -> DataFacts:
        """The shorter side that pictures get."""
        return DataFacts(side=min(self.size))

    def label(self) -> str | None:
        """The folder's name."""
        return _word(self.root) or None


def _word(folder: Path) -> str:
    """The folder's name, without what a file name can't hold, and not too long."""
    return re.sub(r"[^a-z0-9]+", "-", folder.name.lower())[:_LABEL].strip("-")


class FolderOptions(PictureOptions):
    """Those of a folder of pictures, with or without class folders."""

    labels: bool = Field(True, description="Whether class folders, or metadata, are labels")
    label_column: str | None = Field(
        None, description="Column of metadata.csv or .jsonl with labels; label, if there is one"
    )

    def facts(self) -> DataFacts:
        """The number of pictures too, and that of their classes."""
        from .sizes import count  # not at the top: numpy

        samples, classes = count(self.root, self.labels, self.label_column)
        return DataFacts(samples, min(self.size), classes)


class ArchiveOptions(FolderOptions):
    """Those of an archive of pictures."""

    root: ExistingFile = Field(description="The zip or tar archive")


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


class UnpairedOptions(PictureOptions):
    """Those of two folders of pictures without pairs."""

    root: ExistingFolder = Field(
        description="The folder of what is given, or one that holds trainA and trainB"
    )
    # What `ganfw sample --labels PICTURE` does with a picture never seen.
    fit: Literal["crop", "stretch", "pad"] = Field(
        "stretch", description="What to do with a picture of another aspect ratio"
    )
    to: ExistingFolder | None = Field(
        None, description="The folder of what is to be made of them; by default trainB"
    )

    def label(self) -> str | None:
        """Both folders' names."""
        return super().label() if self.to is None else f"{_word(self.root)}-to-{_word(self.to)}"

    def folders(self) -> tuple[Path, Path]:
        """That of what is given, and that of what is to be made of it."""
        if self.to is None:
            return self.root / "trainA", self.root / "trainB"
        return self.root, self.to


class ShardOptions(PictureOptions):
    """Those of a folder of tar files of samples."""

    root: Annotated[ExistingFolder, BeforeValidator(_no_address)] = Field(
        description="The folder of tar files"
    )
    files: str = Field("*.tar", description="Which: a pattern such as *.tar or a-{000..127}.tar")
    size: PictureSize = Field(
        (64, 64), description="Height and width in pixels: 64, 48x64 or [48, 64]"
    )
    labels: Literal["cls", "txt", "json", "none"] | None = Field(
        None, description="Which file beside a picture holds its label; .cls where there are any"
    )
    label_field: str = Field("label", description="With labels=json, the field of the label")
    window: int = Field(16, ge=1, le=2**20, description="How many tar files are shuffled together")
    stream: bool = Field(
        True,
        description="Whether they are read in every epoch, and not decoded into the cache",
    )
