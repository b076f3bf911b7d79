"""Columns of a Parquet file, through pyarrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganfw import DataError, PluginError, reason_of

from .columns import as_words


class ParquetColumns:
    """The columns of ``path``; each is read when it is asked for. Raises PluginError where pyarrow
    is not installed."""

    def __init__(self, path: Path) -> None:
        try:
            from pyarrow import parquet, types
        except ImportError as error:
            raise PluginError(
                f"{path} is a Parquet file, which needs pyarrow: pip install pyarrow"
            ) from error
        self.path = path
        try:
            self._file = parquet.ParquetFile(path)
            schema = self._file.schema_arrow
        except Exception as error:  # pyarrow's errors are of many kinds
            raise DataError(f"{path} can't be read as Parquet: {reason_of(error)}") from error
        self.names = tuple(schema.names)
        are_numbers = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
        self.numeric = frozenset(
            field.name for field in schema if any(test(field.type) for test in are_numbers)
        )
        kinds = ", ".join(f"{field.name} ({field.type})" for field in schema)
        pictures = f"if it holds pictures, give --data huggingface -s data.path={path}"
        self.hint = f"its columns are {kinds}; {pictures}"

    def numbers(self, names: tuple[str, ...]) -> NDArray[np.float32]:
        """(N, F), NaN where a number is missing. Raises DataError for a column of other values."""
        for name in names:
            if name not in self.numeric:
                raise DataError(f"column '{name}' of {self.path} holds no numbers")
        columns = [self._column(name).cast("float64").to_numpy() for name in names]
        return np.stack(columns, axis=1).astype(np.float32)

    def words(self, name: str) -> NDArray[Any]:
        """A column of labels (N,): whole numbers where all are, numbers, or else text."""
        cells = [str(value) for value in self._column(name).to_pylist()]
        return as_words(cells, f"{self.path}: column '{name}'")

    def _column(self, name: str) -> Any:
        try:
            return self._file.read([name]).column(name)
        except Exception as error:
            raise DataError(
                f"{self.path} is damaged at column '{name}': {reason_of(error)}"
            ) from error
