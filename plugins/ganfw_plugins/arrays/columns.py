"""The columns of a file, whatever its format."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ganfw import DataError

_LONGEST = 1000
"""Characters of a label."""


class Columns(Protocol):
    """A table that is read column by column."""

    names: tuple[str, ...]
    numeric: frozenset[str]
    """The columns that hold nothing but numbers and gaps."""

    @property
    def hint(self) -> str:
        """What it holds instead, where no column is numeric."""
        ...

    def numbers(self, names: tuple[str, ...]) -> NDArray[np.float32]:
        """(N, F), NaN where a number is missing. Raises DataError for a cell that is none."""
        ...

    def words(self, name: str) -> NDArray[Any]:
        """A column of labels (N,): whole numbers where all are, numbers, or else text."""
        ...


def open_columns(path: Path, delimiter: str | None) -> Columns:
    """The table in ``path``. Raises DataError for a file that is damaged or none."""
    if path.suffix.lower() == ".parquet":
        from .parquet import ParquetColumns

        return ParquetColumns(path)
    from .csv_columns import CsvColumns

    return CsvColumns(path, delimiter)


def as_words(cells: list[str], where: str) -> NDArray[Any]:
    """Text as labels: as whole numbers where all of it is, or else as numbers. Raises DataError,
    which begins with ``where``, for text that is too long: each label takes as much memory as the
    longest."""
    if (longest := max(map(len, cells), default=0)) > _LONGEST:
        raise DataError(
            f"{where} has a cell of {longest} characters, and labels are numbers or words: name "
            "another column, -s data.labels=COLUMN"
        )
    column = np.array(cells)
    for kind in (np.int64, np.float64):
        with suppress(ValueError, OverflowError):
            return column.astype(kind)
    return column
