"""What the axes of an array mean."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ganfw import UsageError

Layout = Literal["nhwc", "nchw", "nhw", "other"]
_AXES = {"nhwc": 4, "nchw": 4, "nhw": 3}
_CHANNELS = (1, 3, 4)
_SMALLEST_PICTURE = 8


def find_layout(shape: tuple[int, ...], dtype: np.dtype[Any], asked: str, where: str) -> Layout:
    """The layout ``asked`` for, or, for "auto", the only one that ``shape`` (N, …) allows.

    Raises UsageError where it allows several, or does not allow the one asked for.
    """
    for layout in ("nhwc", "nchw", "nhw"):
        if asked == layout:
            if len(shape) != _AXES[layout]:
                raise UsageError(f"{where} has the shape {_shown(shape)}, which is not {layout}")
            return layout
    possible = _possible(shape, dtype) if asked == "auto" else []
    if len(possible) > 1:
        names = " or ".join(possible)
        raise UsageError(
            f"{where} has the shape {_shown(shape)}: -s data.layout= says whether it is {names}"
        )
    return possible[0] if possible else "other"


def _possible(shape: tuple[int, ...], dtype: np.dtype[Any]) -> list[Layout]:
    if len(shape) == 3 and min(shape[1:]) >= _SMALLEST_PICTURE:
        # Bytes are grey pictures; numbers could be series as well.
        return ["nhw"] if dtype == np.uint8 else ["nhw", "other"]
    if len(shape) != 4:
        return []
    possible: list[Layout] = []
    if shape[3] in _CHANNELS:
        possible.append("nhwc")
    if shape[1] in _CHANNELS:
        possible.append("nchw")
    return possible


def to_channels_first(row: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """One sample: a picture as (C, H, W), a single number as (1,), all else as it is."""
    if layout == "nhwc":
        return np.ascontiguousarray(row.transpose(2, 0, 1))
    if layout == "nhw":
        return row[None]
    return np.atleast_1d(row)


def _shown(shape: tuple[int, ...]) -> str:
    return f"({', '.join(['N', *map(str, shape[1:])])})"
