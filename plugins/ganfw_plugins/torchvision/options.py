"""What can be set on the datasets of torchvision."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ganfw import Options


def _sides(value: object) -> object:
    """``64`` and ``"64"`` mean [64, 64]; ``"48x64"`` means [48, 64]."""
    if isinstance(value, str) and re.fullmatch(r"\d+(\s*[x×]\s*\d+)?", value.strip()):
        value = [int(side) for side in re.split(r"[x×]", value)]
        value = value if len(value) == 2 else value * 2
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    return value


Side = Annotated[int, Field(ge=8, le=1024)]


class TorchvisionOptions(Options):
    """Which dataset of torchvision, and how its pictures become samples."""

    name: str = Field(
        pattern=r"^[A-Za-z]\w*$", description="Its class: MNIST, CIFAR10, SVHN, CelebA, …"
    )
    root: Path | None = Field(
        None, description="Folder for its files; one in ganfw's cache by default"
    )
    split: str = Field("train", description="train, test, or another that it has")
    download: bool = Field(True, description="Whether to download what root does not hold")
    size: Annotated[tuple[Side, Side], BeforeValidator(_sides)] | None = Field(
        None, description="Height and width: 64, 48x64 or [48, 64]; by default 32 or 64, as fits"
    )
    channels: Literal[1, 3, 4] | None = Field(
        None, description="1 for grey, 3 for RGB, 4 for RGBA; by default as its pictures"
    )
    fit: Literal["crop", "stretch", "pad"] = Field(
        "crop", description="What to do with a picture of another aspect ratio"
    )

    def label(self) -> str | None:
        """The dataset's name."""
        return self.name.lower().replace("_", "-")


class FashionMnistOptions(Options):
    """Fashion-MNIST (Xiao et al. 2017)."""

    root: Path | None = Field(
        None, description="Folder that holds FashionMNIST/raw; downloaded by default"
    )
    split: str = Field("train", pattern=r"^(train|test)$", description="train or test")
    size: int = Field(32, ge=28, le=1024, description="Height and width: 28 pixels and a border")
