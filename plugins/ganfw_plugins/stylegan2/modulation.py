"""Convolutions that a style modulates."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d

from ..resampling.binomial import Blur
from .layers import Linear, full_precision


class ModulatedConvolution(nn.Module):
    """A convolution whose weights w_ijk are scaled for each sample, by its style s_i at the inputs
    and by what brings the outputs' variance back to 1: w'_ijk = s_i · w_ijk (Karras et al. 2020,
    eq. 1) and w''_ijk = w'_ijk / √(Σ_ik w'_ijk² + ε) (eq. 3).

    Scales of inputs and outputs are the same as those of weights, as a convolution is linear: the
    inputs are multiplied by s and the outputs by the rest, around one convolution for the batch.
    Demodulation undoes any factor of the weights, so that they need no equalised scale.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        w_dim: int,
        *,
        doubles: bool = False,
        demodulates: bool = True,
    ) -> None:
        super().__init__()
        self.style = Linear(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.scale = 1.0 if demodulates else 1 / math.sqrt(inputs * kernel**2)
        self.demodulates, self.padding = demodulates, kernel // 2
        self.blur = Blur(outputs, padding=1, gain=4.0) if doubles else None

    def forward(self, features: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, in, H, W) and w (B, W) to features (B, out, H, W), or twice the size, and
        the factor (B, out, 1, 1) that demodulates them, for the caller to multiply by."""
        with full_precision(w):
            style = self.style(w) * self.scale
            factor = self._factor(style)
        features = self._convolved(features * style.to(features)[:, :, None, None])
        return features, factor.to(features)[:, :, None, None]

    def _factor(self, style: Tensor) -> Tensor:
        """(B, out), 1 / √(Σ_ik w'_ijk² + ε)."""
        if not self.demodulates:
            return style.new_ones(1, 1)
        squares = self.weight.square().sum((2, 3))
        return (style.square() @ squares.T + 1e-8).rsqrt()

    def _convolved(self, features: Tensor) -> Tensor:
        """To double the size, zeros are put between the pixels, and smoothed after the convolution:
        the order makes no difference, and this one convolves a quarter of the pixels."""
        if self.blur is None:
            return conv2d(features, self.weight, padding=self.padding)
        weight = self.weight.transpose(0, 1)
        smoothed: Tensor = self.blur(conv_transpose2d(features, weight, stride=2))
        return smoothed
