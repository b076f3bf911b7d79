"""Options of the projected discriminator."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ganfw import ExistingFile, Options


class ProjectedOptions(Options):
    """Sauer et al. 2021: 64 mixed channels, pictures enlarged to 256."""

    features: Literal["trained", "random"] = Field(
        "trained", description="EfficientNet-Lite0's weights, or random ones, which need no package"
    )
    weights: ExistingFile | None = Field(
        None, description="A file of EfficientNet-Lite0's weights; by default the package's"
    )
    enlarge: int = Field(
        0, ge=0, le=1024, description="Shorter side that smaller pictures are enlarged to; 0: none"
    )
    mixed: int = Field(64, ge=4, le=512, description="Mixed channels of the finest of four maps")
    pixels: int = Field(
        0, ge=0, le=512, description="Channels of a critic of pixels beside the others; 0: none"
    )
    head: Literal["auto", "scores"] = Field(
        "auto", description="auto: scores depend on the labels, if the data has any; scores: never"
    )
    scores: Literal["places", "mean"] = Field(
        "places", description="A score for each place of each head, or their mean"
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of the random mixing, and of features")
