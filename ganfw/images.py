"""Samples as pictures: values as bytes and back, one sample as an image, grids and heat maps.

The grid is drawn here and not by ``torchvision.utils.make_grid``: a grid is drawn before the first
step of every run, and importing torchvision takes 1.9 s on top of torch's own 1.9 s.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

if TYPE_CHECKING:
    from torch import Tensor

UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises for a file that is damaged, too large, or no picture."""

_CHANNELS = (1, 3, 4)
_GAP = 2
_HEAT_MAP_SIDE, _LONGEST_SIDE = 256, 1024


def is_image_shape(shape: tuple[int, ...]) -> bool:
    """Whether samples of ``shape`` are images (C, H, W): grey, RGB or RGBA."""
    return len(shape) == 3 and shape[0] in _CHANNELS


def to_bytes(samples: Tensor, value_range: tuple[float, float] | None) -> Tensor:
    """Samples of any shape as uint8: ``value_range``, by default 0..1, becomes 0..255. Values
    outside it are clamped, and NaN becomes 0."""
    low, high = value_range or (0.0, 1.0)
    scaled = (samples.detach().float() - low) * (255 / (high - low))
    return scaled.nan_to_num(0).round().clamp(0, 255).byte()


def from_bytes(stored: Tensor, value_range: tuple[float, float] | None) -> Tensor:
    """uint8 samples of any shape as float32: 0..255 becomes ``value_range``, by default 0..1.
    Any other numbers are returned as they are."""
    if stored.element_size() > 1:
        return stored
    low, high = value_range or (0.0, 1.0)
    return stored.float().mul_((high - low) / 255).add_(low)


def to_image(sample: Tensor, value_range: tuple[float, float] | None) -> Image.Image:
    """The pixels of one sample (C, H, W): a grey, RGB or RGBA image."""
    pixels = to_bytes(sample, value_range).permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def on_background(picture: Image.Image, background: str = "white") -> Image.Image:
    """``picture`` as RGB, with the colour ``background`` behind transparent pixels."""
    ground = Image.new("RGBA", picture.size, background)
    ground.alpha_composite(picture if picture.mode == "RGBA" else picture.convert("RGBA"))
    return ground.convert("RGB")


def picture_grid(
    samples: Tensor, value_range: tuple[float, float] | None = None, columns: int | None = None
) -> Image.Image:
    """``samples`` (B, C, H, W) with values in ``value_range``, by default 0..1, as one RGB picture:
    row by row, nearly square unless ``columns`` is given. Transparent pixels are shown on white."""
    count, _, height, width = samples.shape
    columns = min(count, columns or math.ceil(math.sqrt(count * height / width)))
    rows = math.ceil(count / columns)
    height, width = height + _GAP, width + _GAP
    grid = Image.new("RGB", (columns * width + _GAP, rows * height + _GAP), "white")
    for i, sample in enumerate(samples):
        row, column = divmod(i, columns)
        tile = to_image(sample, value_range)
        mask = tile if tile.mode == "RGBA" else None
        grid.paste(tile, (_GAP + column * width, _GAP + row * height), mask)
    return grid


def beside(given: Tensor | None, made: Tensor) -> Tensor:
    """Pictures (B, C, H, W + W'): what was ``given`` (B, C', H, W) at the left of what was ``made``
    of it (B, C'', H, W'), grey ones as RGB where the others are. ``made`` alone where either is no
    picture, or their heights or kinds differ."""
    if given is None or not all(is_image_shape(tuple(it.shape[1:])) for it in (given, made)):
        return made
    import torch  # not at the top: it takes seconds

    channels = {given.shape[1], made.shape[1]}
    if given.shape[2] != made.shape[2] or (len(channels) > 1 and channels != {1, 3}):
        return made
    pictures = (it.expand(-1, max(channels), -1, -1) for it in (given.to(made), made))
    return torch.cat([*pictures], dim=3)


def heat_map(samples: Tensor, value_range: tuple[float, float] | None = None) -> Image.Image:
    """``samples`` (B, ...) of any shape as the rows of a grey picture.

    Black is the least of ``value_range`` and white the greatest; without a range, of all finite
    values. Short rows are enlarged, and rows of more than 1024 values are averaged down.
    """
    rows = samples.detach().float().flatten(1)
    finite = rows[rows.isfinite()]
    if value_range is None and len(finite):
        low, high = float(finite.min()), float(finite.max())
        value_range = low, max(high, math.nextafter(low, math.inf))
    picture = Image.fromarray(to_bytes(rows, value_range).cpu().numpy())
    side = [_side(length) for length in picture.size]
    return picture.resize((side[0], side[1]), Image.Resampling.BOX)


def _side(length: int) -> int:
    """Pixels for ``length`` values: whole pixels for each, or fewer than one where there are many
    values."""
    return min(length * max(_HEAT_MAP_SIDE // length, 1), _LONGEST_SIDE)
