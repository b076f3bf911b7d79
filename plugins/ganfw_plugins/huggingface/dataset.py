"""Pictures of a dataset of Hugging Face's library."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ganfw import DataError, Dataset, Item, SkipItem, UsageError, progress_bar, read_picture

from .opening import open_dataset
from .options import HuggingFaceOptions

LABEL = "label"
"""The column that is taken for the label where none is named."""


class HuggingFace(Dataset):
    """A column of pictures, and one of labels: whole numbers or words. Items are (C, H, W)
    uint8."""

    value_range = (-1.0, 1.0)
    _label_column: str | None = None
    _fingerprint: str | None = None

    def __init__(self, options: HuggingFaceOptions) -> None:
        super().__init__(options)
        self.sample_shape = (options.channels, *options.size)

    def prepare(self) -> None:
        """Open the data, and download it once if it is on the hub. Raises DataUnavailable offline,
        DataError for files that can't be read, UsageError for columns that there are not."""
        opened = open_dataset(self.options)
        self._check(opened.column_names)
        image = self.options.image
        if type(opened.features[image]).__name__ == "Image":
            # The files themselves: there is one way to read a picture.
            import datasets

            opened = opened.cast_column(image, datasets.Image(decode=False))
        self.rows = opened
        self._find_classes()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Item:
        row, o = self.rows[index], self.options
        try:
            source = _source(row[o.image])
            sample = read_picture(source, o.size, o.channels, o.background, o.fit)
        except SkipItem as reason:
            line = f"row {index} of {o.path}: {reason}"
            if o.corrupt == "skip":
                raise SkipItem(line) from reason
            raise DataError(f"{line}; leave it out with -s data.corrupt=skip") from reason
        return sample, self._label(row, index)

    def fingerprint(self) -> str:
        # Kept, as it reads everything and is needed more than once.
        if self._fingerprint is None:
            digest = hashlib.blake2b(digest_size=16)
            with progress_bar("reading the data", len(self.rows)) as update:
                for number, row in enumerate(self.rows):
                    label = row[self._label_column] if self._label_column else None
                    digest.update(hashlib.blake2b(_content(row[self.options.image])).digest())
                    digest.update(f"{label}\0".encode())
                    update(number)
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    def _check(self, columns: list[str]) -> None:
        asked = [self.options.image, *filter(None, [self.options.labels])]
        for name in asked:
            if name not in columns:
                option = "image" if name == self.options.image else "labels"
                raise UsageError(
                    f"{self.options.path} has no column '{name}': -s data.{option}= is one of "
                    f"{', '.join(columns)}"
                )
        default = LABEL if LABEL in columns else None
        self._label_column = self.options.labels or default

    def _find_classes(self) -> None:
        """Names that come with the data, or those of all values there are."""
        if self._label_column is None:
            return
        named = self.rows.features[self._label_column]
        if type(named).__name__ == "ClassLabel":
            self._index = {number: number for number in range(named.num_classes)}
            self.class_names = tuple(map(str, named.names))
        else:
            found = sorted({label for label in self._all_labels() if label is not None})
            self._index = {label: number for number, label in enumerate(found)}
            self.class_names = tuple(map(str, found))
        self.classes = len(self.class_names)

    def _all_labels(self) -> Iterator[Any]:
        values = np.asarray(self.rows.data.column(self._label_column).to_pylist(), dtype=object)
        if not all(isinstance(value, (int, str, type(None))) for value in values):
            raise DataError(
                f"column '{self._label_column}' of {self.options.path} holds neither whole numbers "
                "nor words: no labels"
            )
        yield from values

    def _label(self, row: dict[str, Any], index: int) -> int | None:
        if self._label_column is None:
            return None
        label = row[self._label_column]
        if label not in self._index:  # None, or -1 of a test split without labels
            raise SkipItem(f"row {index} of {self.options.path} has no label")
        return self._index[label]


def _source(value: Any) -> io.BytesIO | Path:
    """What a cell holds as a file. Raises SkipItem for what can't be one."""
    if isinstance(value, dict) and value.get("bytes") is not None:
        return io.BytesIO(value["bytes"])
    if isinstance(value, dict) and value.get("path"):
        return Path(value["path"])
    if isinstance(value, bytes):
        return io.BytesIO(value)
    if isinstance(value, str):
        return Path(value)
    raise SkipItem(f"{type(value).__name__} is no picture")


def _content(value: Any) -> bytes:
    try:
        source = _source(value)
        return source.read_bytes() if isinstance(source, Path) else source.getvalue()
    except (SkipItem, OSError):
        return b""
