"""What can be set on the datasets of torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from ganfw import DataFacts, Fit, Options, PictureSize


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
    size: PictureSize | None = Field(
        None, description="Height and width: 64, 48x64 or [48, 64]; by default 32 or 64, as fits"
    )
    channels: Literal[1, 3, 4] | None = Field(
        None, description="1 for grey, 3 for RGB, 4 for RGBA; by default as its pictures"
    )
    fit: Fit = "crop"

    def facts(self) -> DataFacts:
        """The shorter side of the pictures, where it was given."""
        return DataFacts(side=None if self.size is None else min(self.size))

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

    def facts(self) -> DataFacts:
        """Its well-known numbers."""
        return DataFacts(60_000 if self.split == "train" else 10_000, self.size, 10)
