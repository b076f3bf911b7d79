"""Arrays of pictures, points, series or anything else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ganfw import DataError, Item, SkipItem, UsageError, log

from .files import Rows, choose, fingerprint, open_arrays, read_all
from .labels import Labels, as_labels
from .layout import find_layout, to_channels_first
from .options import ArraysOptions
from .points import ShownAsPoints
from .values import find_range, resized

if TYPE_CHECKING:
    from torch import Tensor

LABELS = ("labels", "label", "y")
"""Arrays that are taken for labels where none is named."""

_SHOWN = 1000


class Arrays(ShownAsPoints):
    """The rows of one array. Pictures are (C, H, W), uint8 or float32 in -1..1; all else keeps its
    shape, as uint8 or float32."""

    rows: Rows | None = None
    labels: Labels | None = None
    _label_file: Path | None = None

    def __init__(self, options: ArraysOptions) -> None:
        super().__init__(options)
        self.path: Path = options.path

    def prepare(self) -> None:
        """Open the file, and find out what the axes and the values mean.

        Raises DataError for a file that can't be used, UsageError where an option must say more.
        """
        arrays = open_arrays(self.path)
        named = (*LABELS, *filter(None, [self.options.labels]))
        name = choose(arrays, self.options.samples, named, self.path)
        self.rows = arrays.pop(name)
        self.where = f"the array '{name}' of {self.path}" if name else str(self.path)
        first = self.rows[:1] if self.rows.shape else np.zeros(0)
        _check(self.rows.shape, first.dtype, self.where)
        self._read_labels(arrays)
        self.layout = find_layout(self.rows.shape, first.dtype, self.options.layout, self.where)
        self._find_range(self.rows, first.dtype)
        self.sample_shape = self._shaped(first[0]).shape

    def __len__(self) -> int:
        return 0 if self.rows is None else self.rows.shape[0]

    def __getitem__(self, index: int) -> Item:
        assert self.rows is not None
        row = self._shaped(self.rows[index : index + 1][0])
        sample = row if self.are_bytes else self._in_range(row.astype(np.float32), index)
        return sample, None if self.labels is None else self.labels[index]

    def fingerprint(self) -> str:
        return fingerprint(*filter(None, [self.path, self._label_file]))

    def some_points(self, like: Tensor) -> Tensor:
        """The first 1000 rows; none if the data is not prepared."""
        import torch

        if self.rows is None:
            return like[:0].cpu()
        return torch.from_numpy(np.asarray(self.rows[:_SHOWN]).astype(np.float32))

    def _read_labels(self, arrays: dict[str, Rows]) -> None:
        asked = self.options.labels
        name = asked if asked is not None else next((n for n in LABELS if n in arrays), None)
        if name is None:
            return
        if name in arrays:
            given, where = arrays[name], f"the array '{name}' of {self.path}"
        else:
            self._label_file = self._beside(name)
            given, where = open_arrays(self._label_file)[""], f"the array in {name}"
        self.labels = as_labels(read_all(given), len(self), where)
        self.classes, self.class_names = self.labels.classes, self.labels.names
        self.label_shape = self.labels.shape

    def _beside(self, name: str) -> Path:
        path = Path(name).expanduser()
        for place in (path, self.path.parent / path):
            if place.suffix == ".npy" and place.is_file():
                return place
        raise UsageError(f"{self.path} has no array '{name}', and there is no such .npy file")

    def _find_range(self, rows: Rows, dtype: np.dtype[Any]) -> None:
        """Whether samples stay bytes; for other pictures ``scale``, which is mapped onto -1..1."""
        given, self.scale = self.options.range, None
        is_picture = self.layout != "other"
        self.are_bytes = dtype == np.uint8 and given is None
        self.value_range = (-1.0, 1.0) if is_picture or self.are_bytes else given
        if is_picture and not self.are_bytes:
            self.scale = given or find_range(rows, self.where)
            if given is None:
                log.info(f"{self.where}: values {self.scale[0]:g}..{self.scale[1]:g} become -1..1")

    def _shaped(self, row: NDArray[Any]) -> NDArray[Any]:
        picture = to_channels_first(row, self.layout)
        is_resized = self.options.size and self.layout != "other"
        return resized(picture, self.options.size) if is_resized else picture

    def _in_range(self, sample: NDArray[np.float32], index: int) -> NDArray[np.float32]:
        if self.scale is not None:
            low, high = self.scale
            sample = ((sample - low) * np.float32(2 / (high - low)) - 1).clip(-1, 1)
        elif self.value_range is not None:
            low, high = self.value_range
            if not (low <= sample.min() and sample.max() <= high):
                raise SkipItem(
                    f"row {index} of {self.where}: it leaves the range {low:g}..{high:g}"
                )
        return sample


def _check(shape: tuple[int, ...], dtype: np.dtype[Any], where: str) -> None:
    if not shape or 0 in shape:
        raise DataError(f"{where} holds no samples: its shape is {shape}")
    if dtype.kind not in "buif":
        raise DataError(f"{where} holds {dtype}; samples are real numbers")
