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
    """``samples`` (N, ...), and ``labels`` (N,) if there are any, as .npz or .safetensors:
    pictures as uint8, anything else as float32.

    Written whole or not at all. Samples are collected in a temporary file beside ``output``, so
    that memory holds one batch of them and all labels, 8 bytes each. Raises UsageError if
    ``output`` is no file that can be replaced, RunError if the disk refuses.
    """
    atomic.check_replaceable(output)
    try:
        with tempfile.TemporaryFile(dir=output.parent) as collected, atomic.file(output) as file:
            arrays = _collect(collected, batches, shapes)
            if output.suffix.lower() == ".npz":
                np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
            else:
                _save_safetensors(file, arrays)
    except OSError as error:
        raise RunError(f"{output} can't be written: {error.strerror or error}") from None


def _collect(
    file: IO[bytes], batches: Iterable[tuple[Tensor, Tensor | None]], shapes: Shapes
) -> Arrays:
    """The labels, and the samples as a memory map of ``file``."""
    as_bytes = shapes.is_picture and shapes.value_range is not None
    labels = bytearray()  # many small arrays would leave holes in the memory of the batches
    count = 0
    for samples, given in batches:
        stored = to_bytes(samples, shapes.value_range) if as_bytes else samples.float()
        file.write(stored.contiguous().numpy().data)
        count += len(stored)
        labels += b"" if given is None else given.numpy().tobytes()
    file.flush()
    shape = (count, *shapes.sample)
    arrays = {"samples": np.memmap(file, np.uint8 if as_bytes else np.float32, "r", shape=shape)}
    # Labels come first: in .safetensors a number must begin at a multiple of its width.
    return {"labels": np.frombuffer(labels, np.int64), **arrays} if labels else arrays


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
