"""Any picture dataset of torchvision."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from numbers import Integral
from typing import Any

import numpy as np
from PIL import Image

from ganfw import DataError, Dataset, Item, SkipItem, progress_bar, read_picture

from .options import TorchvisionOptions
from .published import open_published

SMALL, LARGE = 32, 64
"""The sides that pictures get where none is given: small ones stay small."""

_TASK = 64  # items: handing a small one to a thread costs as much as reading it


class TorchvisionDataset(Dataset):
    """The pictures of one dataset. Items are (C, H, W) uint8; a label is the index of a class where
    the dataset has whole numbers, and None where it has anything else."""

    value_range = (-1.0, 1.0)
    _fingerprint: str | None = None

    def __init__(self, options: TorchvisionOptions) -> None:
        super().__init__(options)
        self._set_shape(options.channels or 3, options.size or (LARGE, LARGE))

    def prepare(self) -> None:
        """Find the files, or download them once. Raises DataUnavailable offline, DataError for
        damaged files and for what holds no pictures."""
        o = self.options
        self.opened = open_published(o.name, o.root, o.split, o.download)
        if not len(self):
            raise DataError(f"torchvision's {o.name} holds nothing in its split {o.split}")
        picture, label = self._pair(0)
        side = SMALL if min(picture.size) <= SMALL else LARGE
        grey = picture.mode in ("1", "L", "I", "I;16", "F")
        self._set_shape(o.channels or (1 if grey else 3), o.size or (side, side))
        self.class_names = _class_names(self.opened) if _is_class(label) else ()
        self.classes = len(self.class_names)
        if _is_class(label) and not self.classes:
            self.classes = 1 + max(self._labels())

    def __len__(self) -> int:
        return len(self.opened)

    def __getitem__(self, index: int) -> Item:
        picture, label = self._pair(index)
        if self.classes and not _is_class(label):
            raise SkipItem(f"item {index} of torchvision's {self.options.name} has no label")
        channels, *size = self.sample_shape
        # As a file: there is one way to read a picture.
        sample = read_picture(
            _as_file(picture), (size[0], size[1]), channels, "black", self.options.fit
        )
        return sample, int(label) if self.classes else None

    def fingerprint(self) -> str:
        # Kept, as it reads every picture and is needed more than once.
        if self._fingerprint is None:
            digest = hashlib.blake2b(digest_size=16)
            for part in _arrays(self.opened) or self._all(self._digest):
                digest.update(part)
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    def _set_shape(self, channels: int, size: tuple[int, int]) -> None:
        self.sample_shape = (channels, *size)

    def _pair(self, index: int) -> tuple[Image.Image, Any]:
        """The picture and its label as torchvision gives them. Raises SkipItem for a picture that
        can't be read."""
        where = f"torchvision's {self.options.name}"
        try:
            pair = self.opened[index]
        except Exception as error:  # whatever a damaged file leads to
            raise SkipItem(f"item {index} of {where}: {error}") from error
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], Image.Image)):
            raise DataError(f"the items of {where} are no pictures with a label")
        return pair

    def _digest(self, index: int) -> bytes:
        try:
            picture, label = self._pair(index)
        except SkipItem:
            return b"skipped"
        kept = str(int(label)) if _is_class(label) else ""
        head = f"{picture.mode} {picture.size} {kept}\0".encode()
        return hashlib.blake2b(head + picture.tobytes()).digest()

    def _labels(self) -> Iterator[int]:
        return self._all(lambda index: int(self._pair(index)[1]))

    def _all(self, read: Any) -> Iterator[Any]:
        total = len(self)

        def read_some(start: int) -> list[Any]:
            return [read(index) for index in range(start, min(start + _TASK, total))]

        with ThreadPoolExecutor() as pool, progress_bar("reading the data", total) as update:
            for done, some in enumerate(pool.map(read_some, range(0, total, _TASK)), 1):
                yield from some
                update(min(done * _TASK, total))


def _is_class(label: object) -> bool:
    """Whether it is the index of a class; where a dataset has none for some, it is less than 0."""
    return isinstance(label, Integral) and int(label) >= 0


def _class_names(opened: Any) -> tuple[str, ...]:
    """The names of the classes, where the dataset tells them."""
    try:
        names = opened.classes
    except AttributeError:
        return ()
    return tuple(name if isinstance(name, str) else ", ".join(name) for name in names)


def _arrays(opened: Any) -> list[bytes]:
    """What a dataset holds that is in memory as a whole, which is hashed far faster than item by
    item; nothing for any other."""
    kept = vars(opened)
    labels = kept.get("targets", kept.get("labels"))
    arrays = [np.asarray(kept.get("data")), np.asarray(labels)]
    if any(array.dtype == object for array in arrays):
        return []
    return [f"{array.dtype} {array.shape}\0".encode() + array.tobytes() for array in arrays]


def _as_file(picture: Image.Image) -> io.BytesIO:
    file = io.BytesIO()
    picture.save(file, "PPM" if picture.mode in ("1", "L", "RGB") else "TIFF")
    file.seek(0)
    return file
