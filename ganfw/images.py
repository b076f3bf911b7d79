"""Samples as bytes, and one of them as a picture of its own."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

if TYPE_CHECKING:
    from torch import Tensor


def to_bytes(samples: Tensor, value_range: tuple[float, float]) -> Tensor:
    """Values in ``value_range`` as uint8 of the same shape. Those outside are clamped."""
    low, high = value_range
    scaled = (samples - low) * (255 / (high - low))
    return scaled.nan_to_num(0).round().clamp(0, 255).byte()


def bare_picture(sample: Tensor, value_range: tuple[float, float]) -> Image.Image:
    """The pixels of a sample (C, H, W) and nothing around them: grey, RGB or RGBA."""
    pixels = to_bytes(sample, value_range).permute(1, 2, 0).numpy()
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


_GAP = 2

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
"""What Pillow raises for a picture that is damaged, too large, or none."""


def picture_grid(
    samples: Tensor, value_range: tuple[float, float] = (0.0, 1.0), columns: int | None = None
) -> Image.Image:
    """``samples`` (B, C, H, W) with values in ``value_range`` as one picture, row by row, nearly
    square unless ``columns`` is given. Values outside are clamped; transparency shows white."""
    count, channels, height, width = samples.shape
    columns = min(count, columns or math.ceil(math.sqrt(count * height / width)))
    low, high = value_range
    bytes_ = ((samples.detach().float().cpu() - low) * (255 / (high - low))).nan_to_num(0)
    pictures = bytes_.round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    rows = math.ceil(count / columns)
    size = (columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP)
    grid = Image.new("RGB", size, "white")
    for i, picture in enumerate(pictures):
        place = (_GAP + i % columns * (width + _GAP), _GAP + i // columns * (height + _GAP))
        tile = Image.fromarray(picture[:, :, 0] if channels == 1 else picture)
        grid.paste(tile, place, tile if channels == 4 else None)
    return grid
