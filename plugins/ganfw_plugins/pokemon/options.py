"""Options of the Pokémon sprites."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ganfw import Background, DataFacts, Options


def _a_file(path: Path) -> Path:
    path = path.expanduser().absolute()
    if not path.is_file():
        raise ValueError("there is no such file")
    return path


def _a_folder(path: Path) -> Path:
    path = path.expanduser().absolute()
    if not path.is_dir():
        raise ValueError("there is no such folder")
    return path


class PokemonOptions(Options):
    """Where the sprites come from, and how they become samples."""

    archive: Annotated[Path, AfterValidator(_a_file)] | None = Field(
        None, description="A zip file to read instead of the download"
    )
    root: Annotated[Path, AfterValidator(_a_folder)] | None = Field(
        None, description="A folder of class folders to read instead of the download"
    )
    url: str = Field(
        "http://d2l-data.s3-accelerate.amazonaws.com/pokemon.zip",
        pattern=r"^https?://",
        description="Where to download the archive",
    )
    sha1: str = Field(
        "c065c0e2593b8b161a2d7873e42418bf6a21106c",
        pattern=r"^[0-9a-fA-F]{40}$",
        description="SHA-1 of what the url gives",
    )
    size: int = Field(64, ge=8, le=1024, description="Height and width in pixels")
    background: Background = "white"
    fallback: Literal["sprites", "error"] = Field(
        "sprites", description="What to do if the server can't be reached"
    )
    corrupt: Literal["skip", "refuse"] = Field(
        "refuse", description="What to do with a file that can't be read as a picture"
    )

    def facts(self) -> DataFacts:
        """The side of the pictures."""
        return DataFacts(side=self.size)
