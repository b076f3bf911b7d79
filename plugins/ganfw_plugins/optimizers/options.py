"""Options of the optimizers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ganfw import Options

LearningRate = Annotated[float, Field(ge=0, le=10, description="Step size")]
WeightDecay = Annotated[float, Field(ge=0, le=1, description="L2 penalty on the weights")]
DecoupledDecay = Annotated[
    float, Field(ge=0, le=1, description="Share of a weight, times lr, that each step takes off")
]
Epsilon = Annotated[float, Field(gt=0, le=1, description="Added to the denominator")]
Momentum = Annotated[float, Field(ge=0, lt=1, description="Decay of past gradients")]
Beta = Annotated[float, Field(ge=0, lt=1)]


class AdamOptions(Options):
    """Kingma & Ba 2015, with the betas of Radford et al. 2016."""

    lr: LearningRate = 2e-4
    betas: tuple[Beta, Beta] = Field((0.5, 0.999), description="Decay of the two averages")
    eps: Epsilon = 1e-8
    weight_decay: WeightDecay = 0.0


class AdamWOptions(AdamOptions):
    """Loshchilov & Hutter 2019: Adam with decoupled weight decay."""

    weight_decay: DecoupledDecay = 0.01


class SGDOptions(Options):
    """Stochastic gradient descent."""

    lr: LearningRate = 0.01
    momentum: Momentum = 0.0
    nesterov: bool = Field(False, description="Look ahead along the momentum")
    weight_decay: WeightDecay = 0.0


class RMSpropOptions(Options):
    """Tieleman & Hinton 2012; what WGAN (Arjovsky et al. 2017) used."""

    lr: LearningRate = 5e-5
    alpha: float = Field(0.99, ge=0, lt=1, description="Decay of the squared gradients' average")
    eps: Epsilon = 1e-8
    momentum: Momentum = 0.0
    weight_decay: WeightDecay = 0.0


class LionOptions(Options):
    """Chen et al. 2023, who advise a third to a tenth of Adam's learning rate."""

    lr: LearningRate = 5e-5
    betas: tuple[Beta, Beta] = Field(
        (0.9, 0.99), description="Share of the momentum in a step, and the momentum's decay"
    )
    weight_decay: DecoupledDecay = 0.0


class MuonOptions(Options):
    """Jordan et al. 2024, at the scale of Liu et al. 2025: a learning rate of Adam's size."""

    lr: LearningRate = 2e-4
    momentum: Momentum = 0.95
    nesterov: bool = Field(True, description="Look ahead along the momentum")
    iterations: int = Field(5, ge=1, le=20, description="Newton-Schulz iterations of a step")
    betas: tuple[Beta, Beta] = Field((0.5, 0.999), description="Adam's, for the other weights")
    eps: Epsilon = 1e-8
    weight_decay: DecoupledDecay = 0.0
