"""One item of a dataset, checked against what the dataset promises."""

from __future__ import annotations

import numpy as np

from ..errors import PluginError, SkipItem
from ..interfaces.dataset import Dataset, Item


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
    if dataset.classes and (label is None or not 0 <= label < dataset.classes):
        raise PluginError(f"{where} has label {label}, the dataset says 0..{dataset.classes - 1}")
    return sample, label
