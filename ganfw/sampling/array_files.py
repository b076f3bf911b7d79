"""Samples as arrays in one file, written as they come: .npz and .safetensors."""

from __future__ import annotations

import itertools
import json
import os
import struct
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..errors import RunError
from ..images import to_bytes
from ..interfaces.shapes import Shapes
from ..storage import atomic

_DTYPES = {"uint8": "U8", "float32": "F32", "int64": "I64"}


class Rows(NamedTuple):
    """Samples (B, ...), and the labels (B,) they were made for or None."""

    samples: NDArray[np.generic]
    labels: NDArray[np.int64] | None


def write_arrays(
    output: Path, batches: Iterable[tuple[Tensor, Tensor | None]], shapes: Shapes, count: int
) -> None:
    """``samples`` (count, ...), and ``labels`` (count,) where there are any, as .npz or
    .safetensors: pictures as uint8, anything else as float32.

    Written batch by batch, whole or not at all. Only the labels are all in memory, 8 bytes each.
    Raises UsageError if ``output`` is no file that can be replaced, RunError if the disk refuses.
    """
    atomic.check_replaceable(output)
    write = _npz if output.suffix.lower() == ".npz" else _safetensors
    try:
        with atomic.file(output) as file:
            write(file, _rows(batches, shapes), count)
    except OSError as error:
        raise RunError(f"{output} can't be written: {error.strerror or error}") from None


def _rows(batches: Iterable[tuple[Tensor, Tensor | None]], shapes: Shapes) -> Iterator[Rows]:
    for samples, labels in batches:
        stored = to_stored(samples, shapes).numpy()
        yield Rows(stored, None if labels is None else labels.numpy())


def _npz(file: IO[bytes], rows: Iterator[Rows], count: int) -> None:
    """A zip archive of .npy files, as numpy writes it."""
    labels: list[NDArray[np.int64]] = []
    first = next(rows)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("samples.npy", "w", force_zip64=True) as entry:
            header = np.lib.format.header_data_from_array_1_0(first.samples)
            header["shape"] = (count, *first.samples.shape[1:])
            header["fortran_order"] = False  # `_stream` writes C order, however they lie in memory
            np.lib.format.write_array_header_1_0(entry, header)
            _stream(entry, itertools.chain([first], rows), labels)
        if labels:
            with archive.open("labels.npy", "w") as entry:
                np.lib.format.write_array(entry, np.concatenate(labels))


def _safetensors(file: IO[bytes], rows: Iterator[Rows], count: int) -> None:
    """A length, a header of JSON, the numbers: github.com/huggingface/safetensors#format. The
    library itself wants them all in memory."""
    labels: list[NDArray[np.int64]] = []
    first = next(rows)
    text = json.dumps(_header(first, count)).encode()
    text += b" " * (-len(text) % 8)
    file.write(struct.pack("<Q", len(text)) + text)
    start = file.tell()
    if first.labels is not None:
        file.seek(count * first.labels.itemsize, os.SEEK_CUR)
    _stream(file, itertools.chain([first], rows), labels)
    file.seek(start)
    file.writelines(each.tobytes() for each in labels)


def _header(first: Rows, count: int) -> dict[str, object]:
    """Labels before samples: a number must begin at a multiple of its width."""
    header: dict[str, object] = {}
    offset = 0
    for name, rows in (("labels", first.labels), ("samples", first.samples)):
        if rows is not None:
            end = offset + count * rows[0].nbytes
            header[name] = {
                "dtype": _DTYPES[rows.dtype.name],
                "shape": (count, *rows.shape[1:]),
                "data_offsets": (offset, end),
            }
            offset = end
    return header


def _stream(file: IO[bytes], rows: Iterable[Rows], labels: list[NDArray[np.int64]]) -> None:
    """Samples to ``file``, their labels into ``labels``."""
    for each in rows:
        file.write(each.samples.tobytes())
        if each.labels is not None:
            labels.append(each.labels)


def to_stored(samples: Tensor, shapes: Shapes) -> Tensor:
    """Samples (B, ...) as a file holds them: pictures as uint8, anything else as float32."""
    if shapes.is_picture and shapes.value_range is not None:
        return to_bytes(samples, shapes.value_range)
    return samples.float()
