"""One item of a dataset, checked against what the dataset promises."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PluginError, SkipItem
from ..images import is_image_shape
from ..interfaces.dataset import Dataset, Item, Label

_LEAST_SIDE, _SEEN = 8, 16
"""Pixels of a picture that may be called flat, and levels of 256 that make a difference."""


def checked_item(dataset: Dataset, index: int) -> Item:
    """``dataset[index]``. Raises PluginError if it is not what the dataset promises, SkipItem if it
    is to be left out."""
    sample, label = dataset[index]
    where, shape = f"item {index} of {type(dataset).__name__}", tuple(dataset.sample_shape)
    if sample.dtype not in (np.uint8, np.float32):
        raise PluginError(f"{where} is {sample.dtype}; a sample is uint8 or float32")
    if sample.shape != shape:
        raise PluginError(f"{where} has shape {sample.shape}, the dataset says {shape}")
    if sample.dtype == np.float32 and not np.isfinite(sample).all():
        raise SkipItem(f"{where} is not finite")
    _check_label(dataset, label, where)
    return sample, label


def check_attributes(dataset: Dataset) -> None:
    """Raises PluginError for a dataset whose labels would be both classes and arrays."""
    if dataset.classes and dataset.label_shape:
        raise PluginError(
            f"{type(dataset).__name__} has {dataset.classes} classes and labels of shape "
            f"{tuple(dataset.label_shape)}: a label is the index of a class, or an array"
        )


def label_array(dataset: Dataset, label: Label) -> NDArray[Any]:
    """The label if it is an array; the index of a class as int64, 0 where there are none."""
    if dataset.label_shape:
        return np.asarray(label)
    return np.array(label if dataset.classes else 0, np.int64)


def count_flat(samples: NDArray[Any]) -> int:
    """How many of ``samples`` (N, ...) are pictures of bytes that are nearly one colour all over,
    such as black: seldom what anyone wants to train on."""
    if samples.dtype != np.uint8 or not is_image_shape(samples.shape[1:]):
        return 0
    colours = samples[:, :3]
    if min(colours.shape[2:]) < _LEAST_SIDE:
        return 0
    spread = colours.max((2, 3)) - colours.min((2, 3))
    return int((spread < _SEEN).all(1).sum())


def flat_notice(flat: int, of: int) -> str:
    """What is said of that many flat pictures."""
    return f"{flat} of {of} pictures are nearly one colour all over, such as black or white"


def _check_label(dataset: Dataset, label: Label, where: str) -> None:
    shape = tuple(dataset.label_shape)
    if not shape:
        if dataset.classes and not _is_class(label, dataset.classes):
            last = dataset.classes - 1
            raise PluginError(f"{where} has label {label}, the dataset says 0..{last}")
        return
    if not isinstance(label, np.ndarray):
        raise PluginError(f"{where} has label {label}, the dataset says an array {shape}")
    if label.dtype not in (np.uint8, np.float32, np.int64):
        raise PluginError(f"{where} has a label of {label.dtype}; it is uint8, float32 or int64")
    if label.shape != shape:
        raise PluginError(f"{where} has a label of shape {label.shape}, the dataset says {shape}")
    if label.dtype == np.float32 and not np.isfinite(label).all():
        raise SkipItem(f"{where} has a label that is not finite")
    if (label.dtype == np.int64) != (dataset.label_values > 0):
        raise PluginError(
            f"{where} has a label of {label.dtype}, the dataset says label_values = "
            f"{dataset.label_values}: it is the number of values of int64 labels, and 0 for others"
        )
    if label.dtype == np.int64 and not (label.min() >= 0 and label.max() < dataset.label_values):
        last = dataset.label_values - 1
        raise PluginError(f"{where} has a label beyond 0..{last}, which the dataset says")


def _is_class(label: Label, classes: int) -> bool:
    """Whether it is a whole number from 0 to ``classes`` - 1: neither None, nor -1, nor 1.5."""
    return label is not None and bool(0 <= label < classes and label == int(label))
