"""Options of the penalties."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ganfw import Options, Schedulable


class GammaOptions(Options):
    """Mescheder et al. 2018."""

    gamma: Annotated[float, Schedulable()] = Field(
        10.0, ge=0, le=1e6, description="Strength; halved in the formula"
    )
    relative: bool = Field(False, description="Multiply gamma by the mean variance of real values")


class GradientPenaltyOptions(Options):
    """Gulrajani et al. 2017."""

    strength: Annotated[float, Schedulable()] = Field(
        10.0, ge=0, le=1e6, description="Factor of the penalty"
    )
    target: Annotated[float, Schedulable()] = Field(
        1.0, ge=0, le=1e3, description="The gradient norm that it aims for"
    )
