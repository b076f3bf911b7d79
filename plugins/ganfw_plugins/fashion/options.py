"""What can be set on Fashion-MNIST."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from ganfw import Options


class FashionMnistOptions(Options):
    """Fashion-MNIST (Xiao et al. 2017)."""

    root: Path | None = Field(
        None, description="Folder that holds FashionMNIST/raw; downloaded by default"
    )
    split: str = Field("train", pattern=r"^(train|test)$", description="train or test")
    size: int = Field(32, ge=28, le=1024, description="Height and width: 28 pixels and a border")
