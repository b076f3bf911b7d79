"""Samples as files: a grid, single pictures, arrays, a moving picture."""

from __future__ import annotations

import io
import itertools
import json
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from . import atomic
from .errors import RunError, UsageError
from .shapes import Shapes

Batches = Iterable[tuple[Tensor, Tensor | None]]
ANIMATIONS = {".webp": "WEBP", ".gif": "GIF", ".apng": "PNG"}
ARRAYS = (".npz", ".safetensors")
MOST_IN_GRID = 4096

_DTYPES = {"uint8": "U8", "float32": "F32", "int64": "I64"}


def picture_format(output: Path) -> str:
    """Pillow's name of the format that ``output`` asks for. Raises UsageError if there is none."""
    Image.init()
    form = Image.EXTENSION.get(output.suffix.lower())
    if form not in Image.SAVE:
        raise UsageError(
            f"-o {output}: '{output.suffix}' is no format for samples; try .png, .npz, "
            ".safetensors, or a folder/"
        )
    return form


def write_picture(output: Path, picture: Image.Image) -> None:
    """One picture in the format that the name asks for, whole or not at all."""
    content = io.BytesIO()
    picture.save(content, format=picture_format(output))
    _keep(output, content.getvalue())


def write_animation(output: Path, frames: Sequence[Image.Image], milliseconds: int) -> None:
    """``frames`` one after the other, for ever, as WebP, GIF or animated PNG."""
    content = io.BytesIO()
    form = ANIMATIONS[output.suffix.lower()]
    lossless = {"lossless": True} if form == "WEBP" else {}
    frames[0].save(
        content,
        format=form,
        save_all=True,
        append_images=frames[1:],
        duration=milliseconds,
        loop=0,
        **lossless,
    )
    _keep(output, content.getvalue())


def write_singles(
    folder: Path, batches: Batches, preview: Callable[[Tensor], Image.Image], count: int
) -> None:
    """``000000.png``, … in ``folder``, which appears once all of them are there."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"-o {folder}: there are files already; name a new folder")
    digits = max(len(str(count - 1)), 6)
    numbers = itertools.count()
    try:
        with atomic.folder(folder) as temporary:
            for samples, _ in batches:
                for sample in samples:
                    preview(sample[None]).save(temporary / f"{next(numbers):0{digits}d}.png")
    except OSError as error:
        raise RunError(f"{folder} can't be written: {error.strerror or error}") from None


def write_arrays(output: Path, batches: Batches, shapes: Shapes, count: int) -> None:
    """``samples`` (n, ...), and ``labels`` (n,) where there are any, as .npz or .safetensors:
    pictures as uint8, anything else as float32. Never all in memory."""
    try:
        with tempfile.TemporaryDirectory(dir=output.parent) as name:
            arrays = _gather(Path(name), batches, shapes, count)
            whole = Path(name) / "whole"
            with whole.open("wb") as file:
                (_npz if output.suffix.lower() == ".npz" else _safetensors)(file, arrays)
            del arrays
            whole.replace(output)
    except OSError as error:
        raise RunError(f"{output} can't be written: {error.strerror or error}") from None


def to_bytes(samples: Tensor, shapes: Shapes) -> Tensor:
    """Pictures in the data's range as uint8; anything else as it is."""
    if not shapes.is_picture or shapes.value_range is None:
        return samples
    low, high = shapes.value_range
    scaled = (samples - low) * (255 / (high - low))
    return scaled.round().clamp(0, 255).byte()


def side_by_side(pictures: Sequence[Image.Image], columns: int = 4) -> Image.Image:
    """All of them on white, row by row."""
    width = max(each.width for each in pictures)
    height = max(each.height for each in pictures)
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    whole = Image.new("RGB", (columns * width, rows * height), "white")
    for i, each in enumerate(pictures):
        whole.paste(each, (i % columns * width, i // columns * height))
    return whole


Arrays = dict[str, NDArray[np.generic]]


def _gather(folder: Path, batches: Batches, shapes: Shapes, count: int) -> Arrays:
    """All batches, in files that are mapped."""
    arrays: Arrays = {}
    start = 0
    for samples, labels in batches:
        rows = {"samples": to_bytes(samples, shapes).numpy()}
        if labels is not None:
            rows["labels"] = labels.numpy()
        for name, part in rows.items():
            if name not in arrays:
                shape = (count, *part.shape[1:])
                path = folder / f"{name}.npy"
                arrays[name] = np.lib.format.open_memmap(path, "w+", part.dtype, shape)
            arrays[name][start : start + len(part)] = part
        start += len(samples)
    return arrays


def _npz(file: IO[bytes], arrays: Arrays) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                header = np.lib.format.header_data_from_array_1_0(array)
                np.lib.format.write_array_header_1_0(entry, header)
                for part in _parts(array):
                    entry.write(part)


def _safetensors(file: IO[bytes], arrays: Arrays) -> None:
    """A length, a header of JSON, the numbers: github.com/huggingface/safetensors#format. The
    library itself wants them all in memory."""
    header, offset = {}, 0
    for name, array in arrays.items():
        end = offset + array.nbytes
        dtype = _DTYPES[array.dtype.name]
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    file.write(struct.pack("<Q", len(text)) + text)
    for array in arrays.values():
        for part in _parts(array):
            file.write(part)


def _parts(array: NDArray[np.generic]) -> Iterator[bytes]:
    for start in range(0, len(array), 1024):
        yield array[start : start + 1024].tobytes()


def _keep(output: Path, content: bytes) -> None:
    try:
        atomic.write_bytes(output, content)
    except OSError as error:
        raise RunError(f"{output} can't be written: {error.strerror}") from None
