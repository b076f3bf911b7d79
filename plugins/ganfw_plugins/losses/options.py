"""Options of the losses."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ganfw import Options, Schedulable

Strength = Annotated[float, Schedulable(), Field(ge=0, le=1e6)]
"""The factor of a term, λ in most papers."""


Base = Literal["nonsaturating", "hinge", "least-squares", "wasserstein"]
"""Losses that others can be built on."""


class RelativisticAverageOptions(Options):
    """Jolicoeur-Martineau 2018."""

    base: Literal["nonsaturating", "hinge", "least-squares"] = Field(
        "nonsaturating", description="Which loss of the differences: RaSGAN, RaHingeGAN, RaLSGAN"
    )


class TopKOptions(Options):
    """Sinha et al. 2020."""

    base: Base = Field("hinge", description="Which loss the two players have")
    decay: float = Field(0.999, gt=0, le=1, description="γ: k falls by it in every step")
    least: float = Field(0.5, gt=0, le=1, description="ν: the least k, as a share of the batch")


class LOGANOptions(Options):
    """Wu et al. 2019."""

    base: Base = Field("hinge", description="Which loss the two players have")
    rate: Annotated[float, Schedulable()] = Field(
        0.9, ge=0, le=1e3, description="α: how far the critic moves latents"
    )
    damping: Annotated[float, Schedulable()] = Field(
        5.0, gt=0, le=1e6, description="β: the greater, the more even are the steps"
    )
    share: float = Field(0.8, ge=0, le=1, description="Which part of the batch is moved")
    strength: Strength = Field(0.1, description="Factor of the cost of the steps")
    bound: float | None = Field(
        None, gt=0, le=1e6, description="Clips latents; 1 for those of a cube"
    )


class GammaOptions(Options):
    """Mescheder et al. 2018."""

    gamma: Annotated[float, Schedulable()] = Field(
        10.0, ge=0, le=1e6, description="Strength; halved in the formula"
    )
    relative: bool = Field(False, description="Multiply gamma by the variance of real samples")


class GradientPenaltyOptions(Options):
    """Gulrajani et al. 2017."""

    strength: Annotated[float, Schedulable()] = Field(
        10.0, ge=0, le=1e6, description="Factor of the penalty"
    )
    target: Annotated[float, Schedulable()] = Field(
        1.0, ge=0, le=1e3, description="The gradient norm that it aims for"
    )


class MaxGradientPenaltyOptions(Options):
    """Zhou et al. 2019."""

    strength: Strength = Field(1.0, description="Factor of the penalty")


class DraganOptions(Options):
    """Kodali et al. 2017."""

    strength: Strength = Field(10.0, description="Factor of the penalty")
    target: Annotated[float, Schedulable()] = Field(
        1.0, ge=0, le=1e3, description="k, the gradient norm that it aims for"
    )
    noise: Annotated[float, Schedulable()] = Field(
        0.5, ge=0, le=100, description="Size of the noise, in standard deviations of the data"
    )


class LeCamOptions(Options):
    """Tseng et al. 2021."""

    strength: Strength = Field(0.01, description="Factor of the term")
    decay: float = Field(0.99, ge=0, lt=1, description="Decay of the averages of scores")


class DriftOptions(Options):
    """Karras et al. 2018."""

    strength: Strength = Field(0.001, description="Factor of the term")


class OrthogonalOptions(Options):
    """Brock et al. 2019."""

    strength: Strength = Field(1e-4, description="Factor of the penalty")


class FeatureMatchingOptions(Options):
    """Salimans et al. 2016."""

    strength: Strength = Field(1.0, description="Factor of the term")


class ModeSeekingOptions(Options):
    """Mao et al. 2019."""

    strength: Strength = Field(1.0, description="Factor of the term")


class TransformOptions(Options):
    """What changes samples, whose scores should stay."""

    shift: Annotated[float, Schedulable()] = Field(
        0.125, ge=0, le=0.5, description="Greatest shift of pictures, as a share of their sides"
    )
    flip: bool = Field(True, description="Whether half of the pictures are mirrored")
    noise: Annotated[float, Schedulable()] = Field(
        0.1, ge=0, le=100, description="Size of the noise that changes what is no picture"
    )


class CROptions(TransformOptions):
    """Zhang et al. 2020."""

    strength: Strength = Field(10.0, description="Factor of the term")


class BCROptions(TransformOptions):
    """Zhao et al. 2021, section 3.1."""

    real: Strength = Field(10.0, description="Factor of the term of real samples")
    fake: Strength = Field(10.0, description="Factor of the term of generated samples")


class ZCROptions(Options):
    """Zhao et al. 2021, section 3.2."""

    latent_noise: Annotated[float, Schedulable()] = Field(
        0.05, gt=0, le=10, description="Size of the noise added to latents"
    )
    disc: Strength = Field(5.0, description="Factor of the discriminator's term")
    gen: Strength = Field(0.5, description="Factor of the generator's term")


class ICROptions(BCROptions, ZCROptions):
    """Zhao et al. 2021, section 3.3."""


class AuxiliaryClassifierOptions(Options):
    """Odena et al. 2017."""

    strength: Strength = Field(1.0, description="Factor of the terms")
    fake: bool = Field(
        True, description="Whether the discriminator learns classes of generated samples too"
    )


class TACOptions(AuxiliaryClassifierOptions):
    """Gong et al. 2019."""


class ADCOptions(Options):
    """Hou et al. 2022."""

    strength: Strength = Field(1.0, description="Factor of the terms")


class MultiHingeOptions(Options):
    """Kavalerov et al. 2019."""

    gen: Strength = Field(1.0, description="Factor of the generator's term")


class ConditionalContrastiveOptions(Options):
    """Kang & Park 2020."""

    strength: Strength = Field(1.0, description="Factor of the terms")
    temperature: float = Field(1.0, gt=0, le=100, description="Divides similarities")


class D2DCEOptions(Options):
    """Kang et al. 2021."""

    strength: Strength = Field(1.0, description="Factor of the terms")
    temperature: float = Field(0.5, gt=0, le=100, description="Divides similarities")
    near: float = Field(
        0.98, ge=-1, le=1, description="A sample so similar to its class is near enough"
    )
    far: float = Field(
        0.02, ge=-1, le=1, description="Samples of two classes so similar are far enough apart"
    )
