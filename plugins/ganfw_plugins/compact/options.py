"""Options of the compact networks."""

from __future__ import annotations

from pydantic import Field

from ganfw import Head, Options


class GeneratorOptions(Options):
    """Widths double from the last block to the first, up to ``widest``."""

    channels: int = Field(12, ge=4, le=1024, description="Width of the largest map")
    widest: int = Field(256, ge=4, le=4096, description="Greatest width of a map")
    conditional: bool = Field(True, description="Whether labels are used, where the data has them")
    label_std: float = Field(
        0.3,
        ge=0,
        le=10,
        description="How far apart classes are at first, where latents have 1; the less, the more "
        "the pictures of a class differ",
    )


class DiscriminatorOptions(Options):
    """Widths double from the first block to the last, up to ``widest``."""

    channels: int = Field(32, ge=4, le=1024, description="Width of the first block")
    widest: int = Field(256, ge=4, le=4096, description="Greatest width of a map")
    head: Head = "scores"
    layout: int = Field(
        0,
        ge=0,
        le=1024,
        description="Width of the first block of a second critic, which sees the pictures reduced "
        "and without augments; 0 is none",
    )
