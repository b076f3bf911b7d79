"""Bilinear resampling that can be differentiated twice on every release of torch.

``grid_sample`` can't on some of them ("derivative for aten::grid_sampler_2d_backward is not
implemented", torch 2.11), and R1 differentiates the critic's gradient, which goes through it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

_BILINEAR, _REFLECTION, _ALIGN_CORNERS = 0, 2, False


def resample(pictures: Tensor, grid: Tensor) -> Tensor:
    """``pictures`` (B, C, H, W) read at the points of ``grid`` (B, H, W, 2), which run from -1 to 1
    and get no gradient; beyond its edges a picture is reflected."""
    sampled: Tensor = _Gather.apply(pictures, grid)
    return sampled


class _Gather(Function):
    """A linear map of pictures, whose transpose is `_Scatter`."""

    @staticmethod
    def forward(ctx: Any, pictures: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        return torch.grid_sampler(pictures, grid, _BILINEAR, _REFLECTION, _ALIGN_CORNERS)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _Scatter.apply(gradient, *ctx.saved_tensors), None


class _Scatter(Function):
    """Adds each point of a gradient to the pixels that it was read from."""

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        # Of the pictures only the shape matters, and the gradient has the same.
        scattered: Tensor = torch.ops.aten.grid_sampler_2d_backward(
            gradient, gradient, grid, _BILINEAR, _REFLECTION, _ALIGN_CORNERS, [True, False]
        )[0]
        return scattered

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _Gather.apply(gradient, *ctx.saved_tensors), None
