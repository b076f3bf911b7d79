"""Adaptive discriminator augmentation."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from ganfw import Augment, Shapes

from .diffaugment import needs_pictures
from .options import AdaOptions

_MEMORY = 0.9
"""How much of the overfitting measure one more batch leaves: about ten batches count."""


class AdaptiveAugment(Augment):
    """Karras et al. 2020, sections 2 and 3: pixel, geometric and colour transforms, each applied
    with probability p; p rises while the critic is surer of real samples than ``target`` (their
    r_t, the mean sign of its scores) and falls otherwise, from 0 to 1 within ``examples``.

    Their magnitudes, but one bilinear resampling in place of their wavelet filters, and edges
    repeated. ``strength`` is p, and is saved with the run.
    """

    strength: Tensor
    sureness: Tensor

    def __init__(self, options: AdaOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        needs_pictures(shapes)
        self.register_buffer("strength", torch.tensor(float(options.initial)))
        self.register_buffer("sureness", torch.tensor(0.0))
        low, high = shapes.value_range or (-1.0, 1.0)
        self._middle, self._span = (low + high) / 2, high - low

    def adapt(self, sureness: Tensor, examples: int) -> None:
        """Move p by the sign of what the target is missed by."""
        self.sureness.lerp_(sureness.to(self.sureness), 1 - _MEMORY)
        step = (self.sureness - self.options.target).sign() * (examples / self.options.examples)
        self.strength.add_(step).clamp_(0, self.options.limit)

    def forward(self, samples: Tensor) -> Tensor:
        """Pictures (B, C, H, W) to pictures of the same shape; colours may leave the range."""
        grid = affine_grid(self._geometry(samples), list(samples.shape), align_corners=False)
        moved = grid_sample(samples, grid, padding_mode="border", align_corners=False)
        return self._recolored(moved) if self.options.colors else moved

    def _geometry(self, pictures: Tensor) -> Tensor:
        """One affine map (B, 2, 3) of all of a picture's moves, in order of appendix B."""
        draw = _Draws(pictures, self.strength)
        flips = 1 - 2 * draw.whole(2, absent=0)
        turn = draw.whole(4, absent=0) * (math.pi / 2)
        shift_x, shift_y = draw.between(-0.25, 0.25), draw.between(-0.25, 0.25)
        scale = draw.log_normal(0.2)
        stretch = draw.log_normal(0.2)
        angle = draw.between(-math.pi, math.pi)
        slide_x, slide_y = draw.normal(0.25), draw.normal(0.25)
        maps = _scaling(flips, torch.ones_like(flips)) @ _rotation(turn)
        maps = maps @ _translation(shift_x, shift_y) @ _scaling(scale, scale)
        maps = maps @ _rotation(angle) @ _scaling(stretch, 1 / stretch)
        return (maps @ _translation(slide_x, slide_y))[:, :2]

    def _recolored(self, pictures: Tensor) -> Tensor:
        """Brightness, contrast and saturation, with the paper's deviations."""
        draw = _Draws(pictures, self.strength)
        shape = (-1, 1, 1, 1)
        brightness = draw.normal(0.2).reshape(shape) * (self._span / 2)
        contrast = draw.log_normal(0.5).reshape(shape)
        saturation = draw.log_normal(1.0).reshape(shape)
        pictures = (pictures + brightness - self._middle) * contrast + self._middle
        return torch.lerp(pictures.mean(dim=1, keepdim=True), pictures, saturation)


class _Draws:
    """Random numbers (B,), each of which is what changes nothing with probability 1 - p."""

    def __init__(self, pictures: Tensor, strength: Tensor) -> None:
        self._like = pictures.new_empty(len(pictures))
        self._strength = strength

    def normal(self, deviation: float) -> Tensor:
        return self._perhaps(torch.randn_like(self._like) * deviation, 0.0)

    def log_normal(self, deviation: float) -> Tensor:
        """2 to the power of a normal number."""
        return self._perhaps(torch.exp2(torch.randn_like(self._like) * deviation), 1.0)

    def between(self, low: float, high: float) -> Tensor:
        return self._perhaps(torch.rand_like(self._like) * (high - low) + low, 0.0)

    def whole(self, count: int, absent: int) -> Tensor:
        """One of 0, …, count - 1."""
        return self._perhaps((torch.rand_like(self._like) * count).floor(), float(absent))

    def _perhaps(self, drawn: Tensor, absent: float) -> Tensor:
        return torch.where(torch.rand_like(self._like) < self._strength, drawn, absent)


def _matrix(rows: list[list[Tensor]]) -> Tensor:
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)


def _scaling(x: Tensor, y: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _matrix([[x, zero, zero], [zero, y, zero], [zero, zero, one]])


def _rotation(angle: Tensor) -> Tensor:
    zero, one = torch.zeros_like(angle), torch.ones_like(angle)
    cos, sin = angle.cos(), angle.sin()
    return _matrix([[cos, -sin, zero], [sin, cos, zero], [zero, zero, one]])


def _translation(x: Tensor, y: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _matrix([[one, zero, x], [zero, one, y], [zero, zero, one]])
