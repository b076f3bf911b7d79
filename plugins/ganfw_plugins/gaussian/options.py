"""Options of the Gaussian, and of the networks for points."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from ganfw import Head, Options

Number = Annotated[float, Field(ge=-1e6, le=1e6)]
Row = Annotated[tuple[Number, ...], Field(min_length=1)]
Width = Annotated[int, Field(ge=1, le=65536)]


class GaussianOptions(Options):
    """Points X·A + b with standard normal X, whose distribution is N(b, AᵀA)."""

    count: int = Field(1000, ge=1, le=100_000_000, description="Number of points")
    A: tuple[Row, ...] = Field(
        ((1.0, 2.0), (-0.1, 0.5)), min_length=1, description="Matrix, as a list of rows"
    )
    b: Row = Field((1.0, 2.0), description="Mean")
    seed: int = Field(0, ge=0, lt=2**63, description="Seed of the points")

    @model_validator(mode="after")
    def _sizes_agree(self) -> Self:
        if {len(row) for row in self.A} != {len(self.b)}:
            rows = ", ".join(str(len(row)) for row in self.A)
            raise ValueError(f"each row of A must be as long as b ({len(self.b)}), they are {rows}")
        return self


class LinearOptions(Options):
    """One linear layer from latents to features."""

    init_std: float = Field(
        0.02, gt=0, le=10, description="Weights and biases start as N(0, this²)"
    )


class MLPOptions(Options):
    """Linear layers with tanh between them, one score at the end."""

    hidden: tuple[Width, ...] = Field((5, 3), description="Widths of the hidden layers")
    init_std: float = Field(
        0.02, gt=0, le=10, description="Weights and biases start as N(0, this²)"
    )
    first_std: float | None = Field(
        None, gt=0, le=100, description="init_std of the first layer; larger sees finer detail"
    )
    head: Head = "scores"


class MLPGeneratorOptions(Options):
    """Linear layers with ReLU between them."""

    hidden: tuple[Width, ...] = Field((128, 128), description="Widths of the hidden layers")
