"""Options of InfoGAN."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ganfw import Options, Schedulable

Strength = Annotated[float, Schedulable(), Field(ge=0, le=1e6)]


class CodeOptions(Options):
    """The codes, which the generator and Q must agree on."""

    variables: int = Field(1, ge=0, le=1000, description="How many categorical codes there are")
    values: int = Field(10, ge=2, le=10_000, description="How many values each of them takes")
    continuous: int = Field(2, ge=0, le=10_000, description="How many codes are numbers, -1 to 1")

    @property
    def categorical_length(self) -> int:
        """Of all categorical codes, one-hot."""
        return self.variables * self.values


class GeneratorOptions(CodeOptions):
    """Options of the generator."""

    channels: int = Field(
        64, ge=4, le=1024, description="Width of the last map; doubled for each one before it"
    )


class QOptions(CodeOptions):
    """Options of Q."""

    features: int = Field(512, ge=1, le=1_000_000, description="Length of the critic's features")


class InfoGANOptions(Options):
    """Options of the loss."""

    categorical: Strength = Field(1.0, description="λ of the categorical codes")
    continuous: Strength = Field(0.1, description="λ of the continuous codes")
