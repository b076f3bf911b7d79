"""Layers with equalised learning rates: weights of variance 1, scaled where they are used."""

from __future__ import annotations

import contextlib
import math
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu, linear

SLOPE, GAIN = 0.2, math.sqrt(2)
"""Of leaky ReLU, and what restores the variance that it takes."""


class Linear(nn.Module):
    """(B, in) to (B, out): weights are drawn from N(0, 1/m²) and scaled by m/√in, where m is
    ``lr_multiplier`` (Karras et al. 2018, section 4.1). Adam moves them m times as far. With leaky
    ReLU if it is ``active``."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        active: bool = False,
        bias: float = 0.0,
        lr_multiplier: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((outputs,), bias / lr_multiplier))
        self.active, self.bias_scale = active, lr_multiplier * (GAIN if active else 1.0)
        self.scale = self.bias_scale / math.sqrt(inputs)

    def forward(self, values: Tensor) -> Tensor:
        """The inputs are scaled in place of the weights, as there are fewer."""
        values = linear(values * self.scale, self.weight, self.bias * self.bias_scale)
        return leaky_relu(values, SLOPE) if self.active else values


class Convolution(nn.Module):
    """(B, in, H, W) to (B, out, H, W), or to half the size without padding of its own: what is
    ``strided`` was padded when it was blurred. With a bias and leaky ReLU if it is ``active``;
    leaky ReLU lets a ``gain`` through, so that it is part of the weights' scale."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        gain: float = GAIN,
        active: bool = True,
        strided: bool = False,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if active else None
        self.gain, self.scale = gain, gain / math.sqrt(inputs * kernel**2)
        self.stride, self.padding = (2, 0) if strided else (1, kernel // 2)

    def forward(self, features: Tensor) -> Tensor:
        """The scales, the gain among them, cost no pass over the maps."""
        bias = None if self.bias is None else self.bias * self.gain
        features = conv2d(features, self.weight * self.scale, bias, self.stride, self.padding)
        return features if bias is None else leaky_relu(features, SLOPE, inplace=True)


def normalised(values: Tensor) -> Tensor:
    """(B, F) with a mean square of 1 for each sample."""
    return values * (values.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def full_precision(values: Tensor) -> AbstractContextManager[object]:
    """Without autocast, on the device of ``values``: for what is small, and sensitive to it."""
    device = values.device.type
    if not torch.amp.is_autocast_available(device):
        return contextlib.nullcontext()
    return torch.autocast(device, enabled=False)
