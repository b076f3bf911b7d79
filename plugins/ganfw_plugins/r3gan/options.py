"""Options of the R3GAN networks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ganfw import Head, Options

Preset = Literal["cifar10", "ffhq-64", "ffhq-256", "imagenet-32", "imagenet-64"]


class R3GANOptions(Options):
    """What both networks have, which mirror each other."""

    preset: Preset | None = Field(
        None, description="Widths of the paper for a data set; by default those for the size"
    )
    channels: int | None = Field(
        None, ge=4, le=4096,
        description="Width of the widest maps, the others in proportion; by default the paper's",
    )  # fmt: skip
    blocks: int = Field(2, ge=1, le=64, description="Residual blocks of each size")
    expansion: int = Field(2, ge=1, le=16, description="How much wider a block is inside")


class GeneratorOptions(R3GANOptions):
    """Also whether it heeds labels."""

    conditional: bool = Field(True, description="Whether labels are used, where the data has them")


class DiscriminatorOptions(R3GANOptions):
    """Also its head."""

    head: Head = "auto"
