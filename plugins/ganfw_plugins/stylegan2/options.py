"""Options of the StyleGAN2 networks and of path length regularisation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ganfw import Head, Options, Schedulable


class NetworkOptions(Options):
    """A map of side S has channel_base / S channels, but channel_max at most. The defaults are the
    paper's large networks, its configuration F."""

    channel_base: int = Field(
        32768, ge=64, le=1_048_576, description="Channels of a map times its side; 16384 is half"
    )
    channel_max: int = Field(512, ge=4, le=4096, description="Most channels of a map")


class GeneratorOptions(NetworkOptions):
    """Karras et al. 2020, appendix B, and fig. 7 for the forms."""

    conditional: bool = Field(True, description="Whether labels are used, where the data has them")
    w_dim: int = Field(512, ge=4, le=4096, description="Length of w, and width of the mapping")
    mapping_layers: int = Field(8, ge=1, le=32, description="Layers from latent to w")
    form: Literal["skip", "residual"] = Field(
        "skip", description="Whether maps are painted and summed, or go through residual blocks"
    )
    mixing: float = Field(
        0.9, ge=0, le=1, description="Share of samples that are given two styles in training"
    )


class DiscriminatorOptions(NetworkOptions):
    """Karras et al. 2020, appendix B, and fig. 7 for the forms."""

    form: Literal["skip", "residual"] = Field(
        "residual", description="Residual blocks, or the picture read anew at every size"
    )
    group: int = Field(
        4, ge=1, le=1024, description="Samples whose deviation is told: a part of the batch"
    )
    head: Head = "auto"
    mapping_layers: int = Field(
        8, ge=1, le=32, description="Layers that map labels, for a projection"
    )


class PathLengthOptions(Options):
    """Karras et al. 2020, section 3.2; the values are those of the authors' code."""

    strength: Annotated[float, Schedulable()] = Field(
        2.0, ge=0, le=1e6, description="Factor of the penalty"
    )
    decay: Annotated[float, Schedulable()] = Field(
        0.01, gt=0, le=1, description="Weight of a batch's lengths in their moving average"
    )
