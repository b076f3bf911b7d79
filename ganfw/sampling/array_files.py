"""Samples as arrays in one file: .npz and .safetensors."""

from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..errors import RunError
from ..images import to_bytes
from ..interfaces.shapes import Shapes
from ..storage import atomic

Arrays = Mapping[str, NDArray[Any]]

_DTYPES = {"uint8": "U8", "float32": "F32", "int64": "I64"}


def write_arrays(
    output: Path, batches: Iterable[tuple[Tensor, Tensor | None]], shapes: Shapes
) -> None:
    """``samples`` (N, ...), and ``labels`` (N, ...) if there are any, as .npz or .safetensors:
    pictures as uint8, other samples as float32, labels as the generator was given them.

    Written whole or not at all. Both are collected in temporary files beside ``output``, so that
    memory holds one batch. Raises UsageError if ``output`` is no file that can be replaced,
    RunError if the disk refuses.
    """
    atomic.check_replaceable(output)
    try:
        with (
            tempfile.TemporaryFile(dir=output.parent) as samples,
            tempfile.TemporaryFile(dir=output.parent) as labels,
            atomic.file(output) as file,
        ):
            arrays = _collect(_Rows(samples), _Rows(labels), batches, shapes)
            if output.suffix.lower() == ".npz":
                np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
            else:
                _save_safetensors(file, arrays)
    except OSError as error:
        raise RunError(f"{output} can't be written: {error.strerror or error}") from None


class _Rows:
    """An array that grows row by row in a ``file``."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._count = 0
        self._row: tuple[np.dtype[Any], tuple[int, ...]] | None = None

    def add(self, rows: Tensor) -> None:
        array = rows.contiguous().numpy()
        self._file.write(array.data)
        self._count += len(array)
        self._row = array.dtype, array.shape[1:]

    def as_arrays(self, name: str) -> Arrays:
        """The rows as a memory map under ``name``; nothing if there are none."""
        if self._row is None:
            return {}
        self._file.flush()
        dtype, shape = self._row
        return {name: np.memmap(self._file, dtype, "r", shape=(self._count, *shape))}


def _collect(
    samples: _Rows,
    labels: _Rows,
    batches: Iterable[tuple[Tensor, Tensor | None]],
    shapes: Shapes,
) -> Arrays:
    as_bytes = shapes.is_picture and shapes.value_range is not None
    for drawn, given in batches:
        samples.add(to_bytes(drawn, shapes.value_range) if as_bytes else drawn.float())
        if given is not None:
            labels.add(given)
    # Labels come first: in .safetensors a number must begin at a multiple of its width.
    return {**labels.as_arrays("labels"), **samples.as_arrays("samples")}


def _save_safetensors(file: IO[bytes], arrays: Arrays) -> None:
    """A length, a header of JSON, the numbers: github.com/huggingface/safetensors#format. The
    library itself copies all of them into memory."""
    header, offset = {}, 0
    for name, array in arrays.items():
        offsets = (offset, offset + array.nbytes)
        dtype = _DTYPES[array.dtype.name]
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": offsets}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    file.write(struct.pack("<Q", len(text)) + text)
    for array in arrays.values():
        file.write(array.data)
