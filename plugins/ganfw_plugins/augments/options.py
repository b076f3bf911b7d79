"""Options of the augments."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ganfw import Options, Schedulable

Policy = Literal["flip", "translation", "color", "cutout"]


class DiffAugmentOptions(Options):
    """Zhao et al. 2020, with their magnitudes; flips are added."""

    policy: tuple[Policy, ...] = Field(
        ("color", "translation", "cutout"),
        description="Transforms in order: flip, translation, color, cutout",
    )
    probability: Annotated[float, Schedulable()] = Field(
        1.0, ge=0, le=1,
        description="Of each transform, for each picture; at 1, flips get into the samples",
    )  # fmt: skip
    translation: Annotated[float, Schedulable()] = Field(
        0.125, ge=0, le=0.5, description="Greatest shift, as a share of the picture's side"
    )
    cutout: Annotated[float, Schedulable()] = Field(
        0.5, gt=0, lt=1, description="Side of the hole, as a share"
    )
    fill: Literal["edge", "grey"] = Field(
        "grey", description="What fills the border of a shifted picture: its edge, or middle grey"
    )


class AdaptiveOptions(Options):
    """Karras et al. 2020, "Training generative adversarial networks with limited data"."""

    target: Annotated[float, Schedulable()] = Field(
        0.6, gt=-1, lt=1,
        description="Mean sign of real scores to keep to; meaningless with rpgan and wasserstein",
    )  # fmt: skip
    examples: int = Field(
        500_000, ge=1, le=10**9, description="Real samples within which strength goes from 0 to 1"
    )
    initial: float = Field(0.0, ge=0, le=1, description="Strength at the start")
    probability: Annotated[float | None, Schedulable()] = Field(
        None, ge=0, le=1, description="Strength that does not adapt, for rpgan and wasserstein"
    )
    limit: Annotated[float, Schedulable()] = Field(0.8, ge=0, le=1, description="Greatest strength")


class AdaOptions(AdaptiveOptions):
    """Which transforms there are. The paper's bgc has the first two, its bgcfnc all."""

    geometry: bool = Field(True, description="Whether pictures are rotated, scaled and stretched")
    colors: bool = Field(True, description="Whether colours are changed too")
    filtering: bool = Field(False, description="Whether four frequency bands gain or lose strength")
    noise: bool = Field(False, description="Whether noise is added to each pixel")
    cutout: bool = Field(False, description="Whether a square of half the sides is cut out")


class InstanceNoiseOptions(Options):
    """Sønderby et al. 2017."""

    std: Annotated[float, Schedulable()] = Field(
        0.1, ge=0, le=1e6, description="Standard deviation of the noise; 0.1..0 lets it vanish"
    )
