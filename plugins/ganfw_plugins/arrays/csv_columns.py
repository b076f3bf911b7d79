"""Columns of a CSV file. It is read row by row, so that text never fills the memory."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganfw import DataError

from .columns import as_words

MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "?", "-"))
"""What stands, in any case, where a number is missing."""

_DELIMITERS = (",", ";", "\t", "|")


class CsvColumns:
    """A text file with a row of names, or without one if its first row is all numbers; then the
    columns are called "1", "2", …"""

    def __init__(self, path: Path, delimiter: str | None) -> None:
        self.path, self._delimiter = path, delimiter
        try:
            self._look()
        except (csv.Error, UnicodeDecodeError, OSError) as error:
            reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error
            raise DataError(f"{path} can't be read as a table: {reason}") from error

    @property
    def hint(self) -> str:
        """What there is instead of numbers."""
        return f"its columns are {', '.join(self.names)}"

    def numbers(self, names: tuple[str, ...]) -> NDArray[np.float32]:
        """(N, F), NaN where a number is missing. Raises DataError for a cell that is none."""
        places = [self.names.index(name) for name in names]
        points = np.empty((self._count, len(places)), np.float32)
        for row, (line, cells) in enumerate(self._rows()):
            for i, place in enumerate(places):
                try:
                    points[row, i] = _number(cells[place])
                except ValueError:
                    raise DataError(
                        f"{self.path}, line {line}: '{names[i]}' is '{cells[place]}', no number"
                    ) from None
        return points

    def words(self, name: str) -> NDArray[Any]:
        """A column of labels (N,): whole numbers where all are, numbers, or else text."""
        place = self.names.index(name)
        cells = [row[place].strip() for _, row in self._rows()]
        return as_words(cells, f"{self.path}: column '{name}'")

    def _look(self) -> None:
        """Find the names, count the rows, and see which columns are numbers."""
        if self._delimiter is None:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                self._delimiter = _guess_delimiter(file.readline())
        self._has_names = False
        first = next(self._rows(), None)
        if first is None:
            raise DataError(f"{self.path} is empty")
        self._has_names = not all(_is_number(cell) for cell in first[1])
        cells = [cell.strip() for cell in first[1]]
        self.names = tuple(cells if self._has_names else map(str, range(1, len(cells) + 1)))
        if twice := [name for name in self.names if self.names.count(name) > 1]:
            raise DataError(f"{self.path} has two columns '{twice[0]}'")
        self._count, numeric = 0, set(range(len(self.names)))
        for _, row in self._rows():
            self._count += 1
            numeric -= {place for place in numeric if not _is_number(row[place])}
        self.numeric = frozenset(self.names[place] for place in numeric)

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """(line, cells) of each row below the names; empty lines are left out."""
        width = None
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=self._delimiter or ",", strict=True)
            for number, cells in enumerate(filter(None, reader)):
                if width is not None and len(cells) != width:
                    raise DataError(
                        f"{self.path}, line {reader.line_num}: it has {len(cells)} cells, the "
                        f"first line {width}"
                    )
                width = len(cells)
                if number or not self._has_names:
                    yield reader.line_num, cells


def _guess_delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _number(cell: str) -> float:
    return float("nan") if cell.strip().lower() in MISSING else float(cell)


def _is_number(cell: str) -> bool:
    try:
        _number(cell)
    except ValueError:
        return False
    return True
