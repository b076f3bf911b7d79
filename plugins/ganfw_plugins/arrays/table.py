"""A table of numbers: each row is a point."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ganfw import DataError, Item, UsageError, log

from .columns import Columns, open_columns
from .files import fingerprint
from .labels import Labels, as_labels
from .options import TableOptions
from .points import ShownAsPoints

if TYPE_CHECKING:
    from torch import Tensor

LABEL = "label"
"""The column that is taken for the label where none is named."""

_SHOWN = 1000


class Table(ShownAsPoints):
    """Points (F,) float32, one for each row; a row with a missing number is skipped."""

    labels: Labels | None = None

    def __init__(self, options: TableOptions) -> None:
        super().__init__(options)
        self.path: Path = options.path
        self.points = np.zeros((0, 1), np.float32)

    def prepare(self) -> None:
        """Read the columns. Raises DataError for a file that is no table of numbers, UsageError for
        columns that it does not have."""
        columns = open_columns(self.path, self.options.delimiter)
        label = self._label(columns.names)
        self.columns = self._features(columns, label)
        self.points = columns.numbers(self.columns)
        if not len(self.points):
            raise DataError(f"{self.path} has no rows")
        self.sample_shape = (len(self.columns),)
        if label is not None:
            where = f"column '{label}' of {self.path}"
            self.labels = as_labels(columns.words(label), len(self.points), where)
            self.classes, self.class_names = self.labels.classes, self.labels.names
            self.label_shape = self.labels.shape

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, index: int) -> Item:
        return self.points[index], None if self.labels is None else self.labels[index]

    def fingerprint(self) -> str:
        return fingerprint(self.path)

    def some_points(self, like: Tensor) -> Tensor:
        """The first 1000 points; none if the data is not prepared."""
        import torch

        return torch.from_numpy(self.points[:_SHOWN]) if len(self.points) else like[:0].cpu()

    def _label(self, names: tuple[str, ...]) -> str | None:
        asked: str | None = self.options.labels
        if asked is not None:
            _check_known([asked], names, self.path)
        return asked or (LABEL if LABEL in names else None)

    def _features(self, columns: Columns, label: str | None) -> tuple[str, ...]:
        """The columns asked for, or all that hold numbers."""
        if self.options.columns:
            _check_known(self.options.columns, columns.names, self.path)
            return tuple(self.options.columns)
        others = [name for name in columns.names if name != label]
        chosen = tuple(name for name in others if name in columns.numeric)
        if not chosen:
            raise DataError(f"{self.path} has no column of numbers: {columns.hint}")
        if left := [name for name in others if name not in chosen]:
            log.info(f"{self.path}: columns without numbers are left out: {', '.join(left)}")
        return chosen


def _check_known(asked: tuple[str, ...] | list[str], names: tuple[str, ...], path: Path) -> None:
    for name in asked:
        if name not in names:
            raise UsageError(f"{path} has no column '{name}'; it has {', '.join(names)}")
