"""Options of the two DCGAN networks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ganfw import Head, Options


class GeneratorOptions(Options):
    """Widths double from the last block to the first, up to 1024 channels."""

    channels: int = Field(64, ge=8, le=1024, description="Width of the last block")
    upsampling: Literal["transposed", "nearest"] = Field(
        "transposed",
        description="Transposed convolutions, or nearest-neighbour upsampling and convolutions",
    )
    init_std: float = Field(0.02, gt=0, le=10, description="All weights start as N(0, this²)")


class DiscriminatorOptions(Options):
    """Widths double from the first block to the last, up to 1024 channels."""

    channels: int = Field(64, ge=8, le=1024, description="Width of the first block")
    activation: Literal["leaky-relu", "relu"] = Field(
        "leaky-relu", description="Activation of every block"
    )
    slope: float = Field(0.2, ge=0, le=1, description="Slope of leaky-relu below zero")
    norm: Literal["batch", "instance", "group", "none"] = Field(
        "batch",
        description="Norm of every block; group: of 8 channels, or 4, 2, 1 if 8 does not divide",
    )
    spectral: bool = Field(
        False, description="Whether every convolution has spectral norm 1 (Miyato et al. 2018)"
    )
    head: Head = "scores"
    init_std: float = Field(0.02, gt=0, le=10, description="All weights start as N(0, this²)")
