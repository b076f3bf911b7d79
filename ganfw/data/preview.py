"""A preview of a dataset: what the networks of a run would see of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import torch

from ..errors import DataError, SkipItem
from ..images import from_bytes
from ..interfaces.dataset import Dataset, checked_preview
from .items import checked_item

if TYPE_CHECKING:
    from PIL import Image


def preview_of(dataset: Dataset, count: int) -> tuple[Image.Image, int]:
    """Up to ``count`` real samples of a prepared dataset, the same random ones each time, as it
    shows them, and how many they are. Nothing is written to the cache.

    Raises DataError if none of them can be read, PluginError if they can't be drawn.
    """
    order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(0))
    samples = []
    for index in sorted(order[:count].tolist()):
        with suppress(SkipItem):
            stored, _ = checked_item(dataset, index)
            samples.append(from_bytes(torch.from_numpy(stored), dataset.value_range))
    if not samples:
        raise DataError(f"none of the samples of {type(dataset).__name__} can be read")
    return checked_preview(dataset, torch.stack(samples)), len(samples)
