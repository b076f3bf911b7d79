"""Files of arrays, opened without reading more than is asked for. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ganfw import DataError, UsageError, reason_of

ROWS = 1024
"""Read at once where a whole array is gone through."""

_NPY = b"\x93NUMPY"


class Rows(Protocol):
    """An array whose rows are read when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, rows: slice) -> NDArray[Any]: ...


class _Slices:
    """An array of a safetensors file, which maps it into memory."""

    def __init__(self, slices: Any, where: str) -> None:
        self._slices, self._where = slices, where
        self.shape = tuple(slices.get_shape())

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        try:
            return np.asarray(self._slices[rows])
        except Exception as error:  # safetensors and numpy, for dtypes that only one of them has
            raise DataError(f"{self._where} can't be read: {reason_of(error)}") from error


def open_arrays(path: Path) -> dict[str, Rows]:
    """The arrays in ``path`` by name; that of a .npy file is called "". Large ones are mapped into
    memory, except those of a .npz file, which are read.

    Raises DataError for a file that is damaged or holds Python objects.
    """
    try:
        return _open(path)
    except Exception as error:
        # numpy, zipfile, zlib and safetensors each have their own errors for a damaged file.
        if any(word in str(error) for word in ("pickle", "Object arrays", "Python objects")):
            raise DataError(
                f"{path} holds Python objects, which are never read: save arrays of numbers"
            ) from error
        raise DataError(f"{path} can't be read as arrays: {reason_of(error)}") from error


def _open(path: Path) -> dict[str, Rows]:
    if path.suffix.lower() == ".safetensors":
        from safetensors import safe_open

        with safe_open(path, framework="numpy") as opened:
            return {
                name: _Slices(opened.get_slice(name), f"the array '{name}' of {path}")
                for name in opened.keys()  # noqa: SIM118
            }
    with path.open("rb") as file:
        if file.read(len(_NPY)) == _NPY:
            return {"": np.load(path, mmap_mode="r")}
        file.seek(0)
        with np.load(file) as loaded:
            return {name: loaded[name] for name in loaded.files}


def read_all(array: Rows) -> NDArray[Any]:
    """The whole array, in memory."""
    return np.asarray(array[: array.shape[0]] if array.shape else np.zeros(0))


def choose(arrays: dict[str, Rows], name: str | None, others: Sequence[str], path: Path) -> str:
    """The array of samples: ``name``, or the only one beside ``others``. Raises UsageError where
    that does not decide."""
    known = ", ".join(f"{key} {array.shape}" for key, array in arrays.items())
    if name is not None:
        if name not in arrays:
            raise UsageError(f"{path} has no array '{name}'; it has {known or 'none'}")
        return name
    left = [key for key in arrays if key not in others]
    if len(left) != 1:
        raise UsageError(
            f"{path} has the arrays {known or '(none)'}: -s data.samples=NAME says which to learn"
        )
    return left[0]


def parts(array: Rows) -> Iterator[NDArray[Any]]:
    """All rows in order, `ROWS` at a time."""
    for start in range(0, array.shape[0], ROWS):
        yield array[start : start + ROWS]


def fingerprint(*paths: Path) -> str:
    """A hex digest of what the files hold."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "blake2b").digest())
    return digest.hexdigest()
