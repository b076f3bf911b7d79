"""Labels from the user's files: arrays in one file, a picture, or a folder of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..data.picture_formats import suffixes
from ..data.picture_names import find_pictures
from ..data.pictures import read_picture
from ..errors import SkipItem, UsageError, reason_of
from ..images import is_image_shape
from ..interfaces.shapes import Shapes
from ..storage.tensors import load_tensors
from .labels import Labels

_NAME = "labels"
_ARRAYS = (".npy", ".npz", ".safetensors")


def is_label_file(path: Path) -> bool:
    """Whether the file's name is that of an array or a picture."""
    return path.suffix.lower() in (*_ARRAYS, *suffixes())


def read_labels(path: Path, shapes: Shapes) -> Labels:
    """The labels in ``path``, as they are stored: (N, ...) or words of a .npy file, of "labels" in
    a .npz or .safetensors file, or uint8 (N, *shapes.label) of a picture or a folder of them, in
    the order of their names, each stretched to the label's size. Raises UsageError."""
    suffix = path.suffix.lower()
    if path.is_dir():
        files = [file for file in path.rglob("*") if file.is_file()]
        names = [file.relative_to(path).as_posix() for file in files]
        return _pictures([path / name for name in find_pictures(names).names], path, shapes)
    if not path.exists():
        raise UsageError(f"--labels {path}: there is no such file")
    if suffix in suffixes():
        return _pictures([path], path, shapes)
    if suffix not in _ARRAYS:
        raise UsageError(f"--labels {path}: give .npy, .npz, .safetensors, or pictures")
    try:
        return load_tensors(path)[_NAME] if suffix == ".safetensors" else _array(path)
    except KeyError:
        raise UsageError(f"--labels {path}: it holds no array '{_NAME}'") from None
    # numpy, zipfile, zlib and safetensors each have their own errors for a damaged file.
    except Exception as error:
        raise UsageError(f"--labels {path} can't be read: {reason_of(error)}") from None


def _array(path: Path) -> Labels:
    with path.open("rb") as file:
        loaded = np.load(file)
        if path.suffix.lower() == ".npz":
            loaded = loaded[_NAME]
        is_words = loaded.ndim == 1 and loaded.dtype.kind == "U"
        return loaded.tolist() if is_words else torch.from_numpy(loaded)


def _pictures(files: list[Path], given: Path, shapes: Shapes) -> Tensor:
    if not is_image_shape(shapes.label):
        kind = f"arrays of shape {shapes.label}" if shapes.label else "no pictures"
        raise UsageError(f"--labels {given}: the labels of this generator are {kind}")
    if not files:
        raise UsageError(f"--labels {given} has no pictures")
    channels, height, width = shapes.label
    pictures = []
    for file in files:
        try:
            pictures.append(read_picture(file, (height, width), channels))
        except SkipItem as reason:
            raise UsageError(f"--labels {file} can't be read as a picture: {reason}") from None
    return torch.from_numpy(np.stack(pictures))
