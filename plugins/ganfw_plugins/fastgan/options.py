"""Options of FastGAN's networks and of its loss."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ganfw import Options, Schedulable


class GeneratorOptions(Options):
    """The paper's widths, in proportion."""

    channels: int = Field(
        64,
        ge=8,
        le=1024,
        description="Width of maps of 128 pixels; of 4 pixels it is 16 times as wide",
    )


class DiscriminatorOptions(Options):
    """The paper's widths, in proportion."""

    channels: int = Field(
        64,
        ge=8,
        le=1024,
        description="Width of maps of an eighth of the widest, the last before scores",
    )
    decoders: bool = Field(
        True, description="Whether it rebuilds what it saw, for the loss reconstruction"
    )


class ReconstructionOptions(Options):
    """How much the distance counts beside the game."""

    strength: Annotated[float, Schedulable()] = Field(
        1.0, ge=0, le=1e6, description="Factor of the distance"
    )
