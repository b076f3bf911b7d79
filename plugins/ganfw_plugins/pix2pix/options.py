"""Options of pix2pix."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ganfw import Options, Schedulable


class OutlinesOptions(Options):
    """Boxes of random places and sides."""

    count: int = Field(1000, ge=1, le=100_000_000, description="Pairs of pictures")
    size: int = Field(32, ge=16, le=256, description="Sides of a picture in pixels")


class GeneratorOptions(Options):
    """Widths double with each halving, up to eight times the first."""

    channels: int = Field(32, ge=4, le=1024, description="Width of the largest map")
    dropout: float = Field(0.5, ge=0, lt=1, description="Of the deepest three blocks on the way up")


class DiscriminatorOptions(Options):
    """Widths double from block to block."""

    channels: int = Field(32, ge=4, le=1024, description="Width of the first block")


class PixelL1Options(Options):
    """How much the distance counts beside the game."""

    strength: Annotated[float, Schedulable()] = Field(
        100.0, ge=0, le=1e6, description="Factor λ of the distance"
    )
