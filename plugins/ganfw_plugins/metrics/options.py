"""What can be set on the metrics."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ganfw import ExistingFile, Options

Seed = Annotated[int, Field(ge=0, lt=2**32, description="Seed of what the metric itself draws")]


class SampleOptions(Options):
    """How much is judged."""

    samples: int = Field(10_000, ge=2, le=1_000_000, description="Generated, and at most real ones")
    seed: Seed = 0


class KernelOptions(SampleOptions):
    """Bińkowski et al. 2018."""

    degree: int = Field(3, ge=1, le=10, description="Degree of the polynomial kernel")


class NeighbourOptions(SampleOptions):
    """Naeem et al. 2020."""

    neighbours: int = Field(5, ge=1, le=1000, description="Neighbours that make a manifold's balls")


class SlicedOptions(SampleOptions):
    """Karras et al. 2018, section 5."""

    samples: int = Field(2048, ge=2, le=1_000_000, description="Generated, and at most real ones")
    patches: int = Field(64, ge=1, le=1024, description="7×7 patches of each picture and level")
    directions: int = Field(256, ge=1, le=65536, description="Random directions to project on")


class TwoSampleOptions(SampleOptions):
    """Lopez-Paz & Oquab 2017."""

    samples: int = Field(4000, ge=8, le=1_000_000, description="Generated, and at most real ones")
    classifier: Literal["neural", "neighbours"] = Field(
        "neural", description="A small network, or the majority among nearest neighbours"
    )
    epochs: int = Field(100, ge=1, le=10_000, description="Passes that the network is trained for")


class CoverageOptions(SampleOptions):
    """What counts as a mode that was found."""

    within: float = Field(
        0.95, gt=0, lt=1, description="Share of unseen real samples that lie within their mode"
    )
    least: int = Field(1, ge=1, le=1_000_000, description="Samples that make a mode found")


class LiteOptions(SampleOptions):
    """How much is judged, and where the weights are."""

    samples: int = Field(4096, ge=2, le=1_000_000, description="Generated, and at most real ones")
    weights: ExistingFile | None = Field(
        None, description="A file of EfficientNet-Lite0's weights; by default the package's"
    )


class LiteKernelOptions(LiteOptions, KernelOptions):
    """Bińkowski et al. 2018."""


class LiteNeighbourOptions(LiteOptions, NeighbourOptions):
    """Naeem et al. 2020."""


class InceptionOptions(SampleOptions):
    """Which network of torch-fidelity's registry, and where its weights come from."""

    network: str = Field("inception-v3-compat", min_length=1, description="Network of the features")

    weights: ExistingFile | None = Field(
        None, description="A local file of the weights, where they can't be downloaded"
    )
