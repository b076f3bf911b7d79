"""What can be set on a dataset of Hugging Face's library."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ganfw import Background, Channels, DataFacts, Fit, Options, PictureSize


def _a_place(path: str) -> str:
    """A path of this machine as a whole one, a name on the hub as it is."""
    place = Path(path).expanduser()
    if place.exists():
        return str(place.absolute())
    if path.startswith((".", "~")) or place.is_absolute() or path.count("/") > 1:
        raise ValueError("there is no such file or folder")
    return path


class HuggingFaceOptions(Options):
    """Where the data is, and which columns to learn."""

    path: Annotated[str, AfterValidator(_a_place)] = Field(
        description="A Parquet file, a folder of pictures or Parquet files, or user/name on the hub"
    )
    subset: str | None = Field(None, description="The configuration, where there are several")
    split: str = Field("train", description="Which part: train, test, train[:1000], …")
    revision: str | None = Field(None, description="A commit or tag on the hub")
    image: str = Field("image", description="Column of the pictures")
    labels: str | None = Field(
        None, description="Column of the labels; by default one called label, if there is one"
    )
    size: PictureSize = Field(
        (64, 64), description="Height and width in pixels: 64, 48x64 or [48, 64]"
    )
    channels: Channels = 3
    background: Background = "white"
    fit: Fit = "crop"
    corrupt: Literal["skip", "refuse"] = Field(
        "skip", description="What to do with a picture that can't be read"
    )

    def facts(self) -> DataFacts:
        """The side of the pictures."""
        return DataFacts(side=min(self.size))

    def label(self) -> str | None:
        """The last part of the path or name, without what a file name can't hold."""
        return re.sub(r"[^a-z0-9]+", "-", Path(self.path).stem.lower()).strip("-") or None
