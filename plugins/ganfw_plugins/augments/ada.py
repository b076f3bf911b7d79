"""Adaptive discriminator augmentation."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid

from ganfw import Shapes

from .adaptive import Adaptive
from .affine import rotation, scaling, translation
from .diffaugment import needs_pictures
from .draws import Draws
from .filtering import band_matrices, filtered, gains
from .options import AdaOptions
from .resampling import resample


class AdaptiveAugment(Adaptive):
    """Karras et al. 2020, section 2 and appendix B: pixel blitting, geometric and colour
    transforms, filtering, noise and cutout, each applied with the probability ``strength``.

    Transforms, order and magnitudes are those of the paper, but with one bilinear resampling
    instead of wavelet filters; beyond its edges a picture is reflected.

    It needs a loss for which a score above 0 means "real": `nonsaturating`, `minimax`, `hinge`.
    With `rpgan` and `wasserstein` only differences of scores matter, and signs mean nothing: set
    ``probability``, which may follow a schedule, and the strength does not adapt.
    """

    options: AdaOptions
    rows: Tensor
    columns: Tensor

    def __init__(self, options: AdaOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        needs_pictures(shapes)
        low, high = shapes.value_range or (-1.0, 1.0)
        self._middle, self._half = (low + high) / 2, (high - low) / 2
        if options.filtering:
            _, height, width = shapes.sample
            self.register_buffer("rows", band_matrices(width), persistent=False)
            self.register_buffer("columns", band_matrices(height), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """Pictures (B, C, H, W) to pictures of the same shape; values may leave the range."""
        self.take_probability()
        matrices = self.matrices(samples)
        grid = affine_grid(matrices[:, :2], list(samples.shape), align_corners=False)
        pictures = resample(samples, grid)
        if self.options.colors:
            pictures = self._recolored(pictures)
        if self.options.filtering:
            amounts = gains(Draws(pictures, self.strength))
            pictures = filtered(pictures, amounts, self.rows, self.columns)
        return self._corrupted(pictures)

    def matrices(self, pictures: Tensor) -> Tensor:
        """Affine transforms (B, 3, 3) from a pixel of the result to where it is taken from, in
        coordinates from -1 to 1.

        They are composed in pixels: otherwise rotations would shear pictures that are not square.
        """
        matrices = self._blitting(pictures)
        if self.options.geometry:
            matrices = matrices @ self._geometry(pictures)
        halves = torch.cat([_sides(pictures) / 2, pictures.new_ones(1)])
        return matrices * halves / halves[:, None]

    def _blitting(self, pictures: Tensor) -> Tensor:
        """Flips, rotations by 90°, shifts of whole pixels by up to an eighth of the sides."""
        draw = Draws(pictures, self.strength)
        flip = 1 - 2 * draw.integer(2)[:, 0]
        angle = draw.integer(4)[:, 0] * (math.pi / 2)
        shift = (draw.uniform(-0.125, 0.125, count=2) * _sides(pictures)).round()
        matrices = scaling(flip, torch.ones_like(flip)) @ rotation(angle)
        return matrices @ translation(shift[:, 0], shift[:, 1])

    def _geometry(self, pictures: Tensor) -> Tensor:
        """Scaling, rotation, stretching, another rotation, and a shift."""
        draw = Draws(pictures, self.strength)
        # With probability p at least one of the two rotations is applied.
        draw_angle = Draws(pictures, 1 - (1 - self.strength).sqrt())
        scale, stretch = draw.log_normal(0.2)[:, 0], draw.log_normal(0.2)[:, 0]
        before, after = (draw_angle.uniform(-math.pi, math.pi)[:, 0] for _ in range(2))
        shift = draw.normal(0.125, count=2) * _sides(pictures)
        matrices = scaling(scale, scale) @ rotation(before)
        matrices = matrices @ scaling(stretch, 1 / stretch) @ rotation(after)
        return matrices @ translation(shift[:, 0], shift[:, 1])

    def _recolored(self, pictures: Tensor) -> Tensor:
        """Brightness, contrast, luma flip, hue and saturation of the first three channels; a fourth
        is transparency."""
        draw = Draws(pictures, self.strength)
        brightness, contrast = draw.normal(0.2), draw.log_normal(0.5)
        saturation = draw.log_normal(1.0)
        flip, hue = 1 - 2 * draw.integer(2), draw.uniform(-math.pi, math.pi)
        colours = (pictures[:, :3] - self._middle) / self._half
        colours = (colours + _expand(brightness)) * _expand(contrast)
        grey = colours.mean(dim=1, keepdim=True)
        colour = rotated_hue(colours - grey, _expand(hue)) * _expand(saturation)
        colours = (grey * _expand(flip) + colour) * self._half + self._middle
        return torch.cat([colours, pictures[:, 3:]], dim=1)

    def _corrupted(self, pictures: Tensor) -> Tensor:
        """Noise whose deviation is half-normal, and a square of half the sides in middle grey."""
        draw = Draws(pictures, self.strength)
        if self.options.noise:
            deviation = draw.normal(0.1).abs() * self._half
            pictures = pictures + torch.randn_like(pictures) * _expand(deviation)
        if self.options.cutout:
            pictures = torch.where(_hole(pictures, draw.constant(0.5)), self._middle, pictures)
        return pictures


def _hole(pictures: Tensor, side: Tensor) -> Tensor:
    """The pixels (B, 1, H, W) of a rectangle at any place, ``side`` (B, 1) as a share of each side;
    none where that is 0."""
    inside = []
    for length in pictures.shape[2:]:
        pixels = (torch.arange(length, device=pictures.device) + 0.5) / length
        middle = torch.rand(len(pictures), 1, device=pictures.device)
        inside.append((pixels - middle).abs() < side / 2)
    rows, columns = inside
    return (rows[:, :, None] & columns[:, None, :])[:, None]


def rotated_hue(colours: Tensor, angle: Tensor) -> Tensor:
    """Colours minus their grey (B, C, H, W), rotated around the grey axis (Rodrigues)."""
    across = (colours.roll(1, dims=1) - colours.roll(-1, dims=1)) / math.sqrt(3)
    return colours * angle.cos() + across * angle.sin()


def _sides(pictures: Tensor) -> Tensor:
    """Width and height in pixels; filled in on the device, as copying a list there waits for it."""
    height, width = pictures.shape[2:]
    return torch.cat([pictures.new_full((1,), side) for side in (width, height)])


def _expand(numbers: Tensor) -> Tensor:
    """(B, 1) as (B, 1, 1, 1)."""
    return numbers[:, :, None, None]
