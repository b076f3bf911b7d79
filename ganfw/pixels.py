"""Samples as bytes, and one of them as a picture of its own."""

from __future__ import annotations

from PIL import Image
from torch import Tensor

from .shapes import Shapes


def to_bytes(samples: Tensor, value_range: tuple[float, float]) -> Tensor:
    """Values in ``value_range`` as uint8 of the same shape. Those outside are clamped."""
    low, high = value_range
    scaled = (samples - low) * (255 / (high - low))
    return scaled.nan_to_num(0).round().clamp(0, 255).byte()


def to_stored(samples: Tensor, shapes: Shapes) -> Tensor:
    """Samples (B, ...) as a file holds them: pictures as uint8, anything else as float32."""
    if shapes.is_picture and shapes.value_range is not None:
        return to_bytes(samples, shapes.value_range)
    return samples.float()


def bare_picture(sample: Tensor, value_range: tuple[float, float]) -> Image.Image:
    """The pixels of a sample (C, H, W) and nothing around them: grey, RGB or RGBA."""
    pixels = to_bytes(sample, value_range).permute(1, 2, 0).numpy()
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
