"""What the values of pictures mean, and pictures of another size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganfw import UsageError

from .files import Rows, parts

RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (0.0, 4095.0), (0.0, 65535.0))
"""What pictures are kept in, narrow ones first."""


def find_range(array: Rows, where: str) -> tuple[float, float]:
    """The narrowest of `RANGES` that holds all finite values of ``array``. Raises UsageError if
    none does."""
    low, high = np.inf, -np.inf
    for part in parts(array):
        finite = part[np.isfinite(part)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    for least, greatest in RANGES:
        if least <= low and high <= greatest:
            return least, greatest
    raise UsageError(
        f"{where} has values {low:g}..{high:g}: -s data.range=[LEAST,GREATEST] says what is black "
        "and what is white, or -s data.layout=other keeps them as they are"
    )


def resized(picture: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """``picture`` (C, H, W) as (C, *size), bilinear with antialiasing."""
    height, width = size
    kept = picture if picture.dtype == np.uint8 else picture.astype(np.float32)
    planes = [
        Image.fromarray(plane).resize((width, height), Image.Resampling.BILINEAR) for plane in kept
    ]
    return np.stack([np.asarray(plane) for plane in planes])
