"""Any column of labels as what a dataset offers: the index of a class, or a vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganfw import DataError


@dataclass(frozen=True)
class Labels:
    """``values`` are (N,) int64 classes, with ``names``, or (N, K) float32 vectors."""

    values: NDArray[Any]
    names: tuple[str, ...]

    @property
    def classes(self) -> int:
        return len(self.names)

    @property
    def shape(self) -> tuple[int, ...]:
        """One label's, where it is a vector."""
        return () if self.names else self.values.shape[1:]

    def __getitem__(self, index: int) -> Any:
        value = self.values[index]
        return int(value) if self.names else value


def as_labels(given: NDArray[Any], count: int, where: str) -> Labels:
    """``given``, one row for each of ``count`` samples. Whole numbers, words and truth values are
    classes, in their order; other numbers are vectors.

    Raises DataError for labels that do not fit.
    """
    if given.ndim == 0 or len(given) != count:
        raise DataError(f"{where} has the shape {given.shape}, and there are {count} samples")
    column = given.reshape(-1) if given.size == count else given
    if column.ndim == 1 and column.dtype.kind in "biuUS":
        return _classes(column, where)
    if column.dtype.kind not in "biuf":
        raise DataError(f"{where} holds {given.dtype}: labels are numbers or words")
    return Labels(column.reshape(count, -1).astype(np.float32), ())


def _classes(column: NDArray[Any], where: str) -> Labels:
    found, values = np.unique(column, return_inverse=True)
    if column.dtype.kind in "iu" and found[0] >= 0 and found[-1] < 2 * len(found):
        # Indices already: a class that no sample has keeps its place.
        found, values = np.arange(found[-1] + 1), column
    if len(found) == len(column) > 100:
        raise DataError(f"{where} is another for each of the {len(column)} samples: no classes")
    names = (name.decode("latin-1") if isinstance(name, bytes) else str(name) for name in found)
    return Labels(values.astype(np.int64), tuple(names))
