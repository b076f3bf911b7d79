"""A preview of a dataset: what the networks of a run would see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from ..errors import DataError, SkipItem
from ..images import from_bytes
from ..interfaces.dataset import Dataset, checked_preview
from ..runtime.logs import log
from .items import checked_item, count_flat, flat_notice

if TYPE_CHECKING:
    from PIL import Image


def preview_of(dataset: Dataset, count: int) -> tuple[Image.Image, int]:
    """Up to ``count`` real samples of a prepared dataset, the same random ones each time, as it
    shows them, and how many they are. What can't be read, and how many are of one colour, is
    logged. Nothing is written to the cache.

    Raises DataError if none of them can be read, PluginError if they can't be drawn.
    """
    order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(0))
    stored = []
    for index in sorted(order[:count].tolist()):
        try:
            stored.append(checked_item(dataset, index)[0])
        except SkipItem as reason:
            log.info(f"skipped {reason}")
    if not stored:
        raise DataError(f"none of the samples of {type(dataset).__name__} can be read")
    if flat := count_flat(np.stack(stored)):
        log.info(flat_notice(flat, len(stored)))
    samples = from_bytes(torch.from_numpy(np.stack(stored)), dataset.value_range)
    return checked_preview(dataset, samples), len(stored)
