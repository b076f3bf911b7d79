"""Options of the toys and of their metrics."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ganfw import Options


class PointsOptions(Options):
    """What all toys of points have."""

    count: int = Field(10_000, ge=1, le=100_000_000, description="Number of points, of all parts")
    std: float = Field(0.05, gt=0, le=1e6, description="Standard deviation of the noise")
    seed: int = Field(0, ge=0, lt=2**63, description="Seed of the points")


class RingOptions(PointsOptions):
    """Modes at even angles, as in Srivastava et al. 2017 (VEEGAN) and many since."""

    modes: int = Field(8, ge=1, le=10_000, description="Number of Gaussians around the circle")
    radius: float = Field(2.0, gt=0, le=1e6, description="Radius of the circle")


class GridOptions(PointsOptions):
    """25 Gaussians at -4, -2, 0, 2, 4, as in Lin et al. 2018 (PacGAN); side 10 makes 100."""

    side: int = Field(5, ge=1, le=100, description="Gaussians along each side")
    spacing: float = Field(2.0, gt=0, le=1e6, description="Distance of neighbours")


class SpiralOptions(PointsOptions):
    """Arms from the middle outwards."""

    arms: int = Field(2, ge=1, le=100, description="Number of arms")
    turns: float = Field(1.5, gt=0, le=100, description="Turns that an arm takes around the middle")
    radius: float = Field(3.0, gt=0, le=1e6, description="Distance from the middle to the ends")


class MoonsOptions(PointsOptions):
    """Two half circles."""

    scale: float = Field(2.0, gt=0, le=1e6, description="Radius of the half circles")


class StackedMnistOptions(Options):
    """Three digits as the colours of one picture, as in Metz et al. 2017 (unrolled GANs)."""

    count: int = Field(50_000, ge=1, le=10_000_000, description="Number of pictures, of all modes")
    size: Literal[16, 32] = Field(
        32, description="32: digits of 28 pixels and a border; 16: halved"
    )
    seed: int = Field(0, ge=0, lt=2**63, description="Seed of which digits meet")


class GaussianModesOptions(Options):
    """The protocol of VEEGAN (Srivastava et al. 2017) and PacGAN (Lin et al. 2018)."""

    samples: int = Field(2500, ge=2, le=1_000_000, description="Generated samples")
    deviations: float = Field(
        3.0, gt=0, le=100, description="Standard deviations within which a sample is good"
    )


class StackedModesOptions(Options):
    """The protocol of unrolled GANs (Metz et al. 2017) and PacGAN (Lin et al. 2018)."""

    samples: int = Field(26_000, ge=2, le=1_000_000, description="Generated samples")
