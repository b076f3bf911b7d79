"""Options of translation between pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ganfw import Options, Schedulable

Norm = Annotated[
    Literal["batch", "instance", "none"],
    Field(description="Norm of the blocks; instance has no weights"),
]


class UNetOptions(Options):
    """Widths double with each halving, up to eight times the first."""

    channels: int = Field(64, ge=4, le=1024, description="Width of the largest map")
    depth: int | None = Field(
        None,
        ge=1,
        le=10,
        description="Halvings; by default as many as the sides allow, 8 at most",
    )
    dropout: float = Field(0.5, ge=0, lt=1, description="Of the deepest three blocks on the way up")
    norm: Norm = "batch"


class TranslatorOptions(Options):
    """Two halvings, residual blocks, two doublings."""

    channels: int = Field(64, ge=4, le=1024, description="Width of the largest map")
    blocks: int | None = Field(
        None,
        ge=1,
        le=64,
        description="Residual blocks; by default 6 for pictures of up to 128 pixels, else 9",
    )
    norm: Norm = "instance"


class PatchOptions(Options):
    """Widths double from block to block, up to eight times the first."""

    channels: int = Field(64, ge=4, le=1024, description="Width of the first block")
    depth: int | None = Field(
        None,
        ge=0,
        le=7,
        description="Halvings: patches of 70 pixels for 3, of 16, 34, 142, 286 for 1, 2, 4, 5, "
        "and pixels for 0; by default 3, fewer for pictures that are too small",
    )
    norm: Norm = "batch"
    spectral: bool = Field(
        False, description="Whether every convolution has spectral norm 1 (Miyato et al. 2018)"
    )
    conditional: bool = Field(
        True, description="Judge the sample beside its label, where that is a picture of its sides"
    )


class PixelL1Options(Options):
    """How much the distance counts beside the game."""

    strength: Annotated[float, Schedulable()] = Field(
        100.0, ge=0, le=1e6, description="Factor λ of the distance"
    )


class CycleGANOptions(Options):
    """Factors of the terms, and how many generated pictures are shown again."""

    cycle: Annotated[float, Schedulable()] = Field(
        10.0, ge=0, le=1e6, description="Factor λ of the way there and back again"
    )
    identity: Annotated[float, Schedulable()] = Field(
        5.0, ge=0, le=1e6, description="Factor of what becomes of pictures that need no change"
    )
    history: int = Field(
        50, ge=0, le=100_000, description="Generated pictures of either kind that are kept; 0: none"
    )
