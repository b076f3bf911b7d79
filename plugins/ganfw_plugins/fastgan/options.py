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
        description="Width of maps of 128 pixels; those of 4 are 16 times as wide",
    )


class DiscriminatorOptions(Options):
    """The paper's widths, in proportion."""

    channels: int = Field(
        64,
        ge=8,
        le=1024,
        description="An eighth of the width of the last maps; each map before has half as many",
    )
    decoders: bool = Field(
        True, description="Whether it rebuilds what it saw, for the loss reconstruction"
    )


class RandomHingeOptions(Options):
    """Those of the paper's code."""

    spread: Annotated[float, Schedulable()] = Field(
        0.2, ge=0, le=1, description="How far below 1 a margin may lie; 0 is the loss hinge"
    )


class ReconstructionOptions(Options):
    """How much the distance counts beside the game."""

    strength: Annotated[float, Schedulable()] = Field(
        1.0, ge=0, le=1e6, description="Factor of the distance"
    )
