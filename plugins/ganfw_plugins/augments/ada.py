"""Adaptive discriminator augmentation."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from ganfw import Augment, Shapes

from .affine import rotation, scaling, translation
from .diffaugment import needs_pictures
from .draws import Draws
from .options import AdaOptions

_MEMORY = 0.9
"""How much of the overfitting measure one more batch leaves: about ten batches count."""


class AdaptiveAugment(Augment):
    """Karras et al. 2020, sections 2 and 3: transforms of whole pixels, of the plane and of colours
    (appendix B, without filtering and corruption), each applied with probability p; p rises while
    the critic is surer of real samples than ``target`` (their r_t, the mean sign of its scores) and
    falls otherwise, from 0 to 1 within ``examples``.

    Their transforms, order and magnitudes, but one bilinear resampling in place of their wavelet
    filters; what comes in from outside is mirrored. ``strength`` is p, and is saved with the run.

    It needs a loss for which a score above 0 means "real": `nonsaturating`, `minimax`, `hinge`.
    Under `rpgan` and `wasserstein` only differences of scores count, so that their signs say
    nothing; with ``examples`` = 10⁹ the strength stays ``initial``, and needs no sign.
    """

    strength: Tensor
    real_sign_mean: Tensor

    def __init__(self, options: AdaOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        needs_pictures(shapes)
        self.register_buffer("strength", torch.tensor(float(options.initial)))
        self.register_buffer("real_sign_mean", torch.tensor(0.0))
        low, high = shapes.value_range or (-1.0, 1.0)
        self._middle, self._half = (low + high) / 2, (high - low) / 2

    def adapt(self, real_sign_mean: Tensor, examples: int) -> None:
        """Move p by the sign of what the target is missed by."""
        self.real_sign_mean.lerp_(real_sign_mean.to(self.real_sign_mean), 1 - _MEMORY)
        step = (self.real_sign_mean - self.options.target).sign() * (
            examples / self.options.examples
        )
        self.strength.add_(step).clamp_(0, self.options.limit)

    def forward(self, samples: Tensor) -> Tensor:
        """Pictures (B, C, H, W) to pictures of the same shape; colours may leave the range."""
        where = self.places(samples)
        grid = affine_grid(where[:, :2], list(samples.shape), align_corners=False)
        moved = grid_sample(samples, grid, padding_mode="reflection", align_corners=False)
        return self._recolored(moved) if self.options.colors else moved

    def places(self, pictures: Tensor) -> Tensor:
        """Where each picture's pixels are taken from: maps (B, 3, 3) of the plane in which it
        spans -1..1 both ways.

        They are made in pixels, or turning would shear what is not square.
        """
        height, width = pictures.shape[2:]
        maps = self._whole_pixels(pictures)
        if self.options.geometry:
            maps = maps @ self._geometry(pictures)
        halves = pictures.new_tensor([width / 2, height / 2, 1])
        return maps * halves / halves[:, None]

    def _whole_pixels(self, pictures: Tensor) -> Tensor:
        """Mirrored, turned by quarters, moved by up to an eighth of the sides."""
        draw = Draws(pictures, self.strength)
        mirrored = 1 - 2 * draw.whole(2)[:, 0]
        quarters = draw.whole(4)[:, 0] * (math.pi / 2)
        shift = (draw.between(-0.125, 0.125, count=2) * _sides(pictures)).round()
        maps = scaling(mirrored, torch.ones_like(mirrored)) @ rotation(quarters)
        return maps @ translation(shift[:, 0], shift[:, 1])

    def _geometry(self, pictures: Tensor) -> Tensor:
        """Scaled, turned, stretched, turned again, and moved."""
        # One of two turns is to happen with probability p.
        draw, turns = Draws(pictures, self.strength), 1 - (1 - self.strength).sqrt()
        angle = Draws(pictures, turns)
        scale, stretch = draw.log_normal(0.2)[:, 0], draw.log_normal(0.2)[:, 0]
        before, after = (angle.between(-math.pi, math.pi)[:, 0] for _ in range(2))
        shift = draw.normal(0.125, count=2) * _sides(pictures)
        maps = scaling(scale, scale) @ rotation(before)
        maps = maps @ scaling(stretch, 1 / stretch) @ rotation(after)
        return maps @ translation(shift[:, 0], shift[:, 1])

    def _recolored(self, pictures: Tensor) -> Tensor:
        """Brightness, contrast, lightness turned over, hue and saturation, of the first three
        channels: a fourth is no colour."""
        draw = Draws(pictures, self.strength)
        brightness, contrast, saturation = (
            _spread(each) for each in (draw.normal(0.2), draw.log_normal(0.5), draw.log_normal(1.0))
        )
        turned, hue = _spread(draw.whole(2)), _spread(draw.between(-math.pi, math.pi))
        colours = (pictures[:, :3] - self._middle) / self._half
        colours = (colours + brightness) * contrast
        grey = colours.mean(dim=1, keepdim=True)
        colour = turned_hue(colours - grey, hue) * saturation
        colours = (grey * (1 - 2 * turned) + colour) * self._half + self._middle
        return torch.cat([colours, pictures[:, 3:]], dim=1)


def turned_hue(colours: Tensor, angle: Tensor) -> Tensor:
    """Colours without their grey (B, C, H, W), turned around the axis of greys (Rodrigues)."""
    across = (colours.roll(1, dims=1) - colours.roll(-1, dims=1)) / math.sqrt(3)
    return colours * angle.cos() + across * angle.sin()


def _sides(pictures: Tensor) -> Tensor:
    """Width and height, in pixels."""
    return pictures.new_tensor([pictures.shape[3], pictures.shape[2]])


def _spread(numbers: Tensor) -> Tensor:
    """(B, 1) as (B, 1, 1, 1)."""
    return numbers[:, :, None, None]
