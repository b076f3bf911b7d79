"""Options of the residual networks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ganfw import Head, Options

Channels = Annotated[
    int,
    Field(ge=2, le=1024, description="Widths are 1 to 16 times this, by the pictures' size"),
]
Conditional = Annotated[bool, Field(description="Whether labels are used, if the data has any")]
SpectralNorm = Annotated[
    bool, Field(description="Whether every layer has spectral norm 1 (Miyato et al. 2018)")
]
Deep = Annotated[bool, Field(description="Two narrow blocks for each one: BigGAN-deep")]
AttentionHeight = Annotated[
    int,
    Field(
        ge=0,
        le=512,
        description="Height of the map with self-attention, half the picture's at most; 0: none",
    ),
]


class GeneratorOptions(Options):
    """Miyato et al. 2018: 4 · 64 = 256 channels for 32 pixels, 1024 to 64 above."""

    channels: Channels = 64
    conditional: Conditional = True
    spectral_norm: SpectralNorm = False
    attention: AttentionHeight = 0


class SAGANGeneratorOptions(GeneratorOptions):
    """Zhang et al. 2019: attention at 32 pixels, spectral norm in both networks."""

    spectral_norm: SpectralNorm = True
    attention: AttentionHeight = 32


class BigGANGeneratorOptions(Options):
    """Brock et al. 2019: 96 channels, 128 if it is deep."""

    channels: Channels = 96
    conditional: Conditional = True
    embedding: int = Field(
        128, ge=1, le=4096, description="Length of a label's vector, which all blocks share"
    )
    attention: AttentionHeight = 64
    deep: Deep = False


class DiscriminatorOptions(Options):
    """Miyato et al. 2018: 2 · 64 = 128 channels for 32 pixels, 64 to 1024 above."""

    channels: Channels = 64
    head: Head = "auto"
    spectral_norm: SpectralNorm = True
    norm: Literal["none", "layer"] = Field("none", description="Norm of the blocks")
    pooling: Literal["sum", "mean"] = Field(
        "sum", description="What of the last map's places is scored"
    )
    attention: AttentionHeight = 0


class SAGANDiscriminatorOptions(DiscriminatorOptions):
    """Zhang et al. 2019: attention at 32 pixels."""

    attention: AttentionHeight = 32


class BigGANDiscriminatorOptions(Options):
    """Brock et al. 2019: 96 channels, 128 if it is deep."""

    channels: Channels = 96
    head: Head = "auto"
    attention: AttentionHeight = 64
    deep: Deep = False
