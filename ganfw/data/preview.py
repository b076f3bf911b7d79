"""A look at a dataset: what the networks of a run would see of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..config.run_config import ComponentConfig
from ..config.schema import DataKeys
from ..errors import DataError, SkipItem
from ..interfaces.dataset import Dataset
from .items import checked_item
from .loader import to_samples

if TYPE_CHECKING:
    from PIL import Image

_CPU = torch.device("cpu")


def preview_of(component: ComponentConfig[DataKeys], count: int) -> tuple[Image.Image, int, int]:
    """Up to ``count`` real samples, the same random ones each time, as their dataset shows them;
    how many they are, and of how many. Nothing goes into the cache. Raises DataError."""
    dataset: Dataset = component.registered.load()(component.options)
    dataset.prepare()
    length = len(dataset)
    order = torch.randperm(length, generator=torch.Generator().manual_seed(0))
    samples = list(_samples(dataset, sorted(order[:count].tolist())))
    if not samples:
        raise DataError(f"{component.registered.label}: none of its samples can be read")
    return dataset.preview(torch.stack(samples)), len(samples), length


def _samples(dataset: Dataset, places: list[int]) -> Iterator[Tensor]:
    for place in places:
        try:
            array, _ = checked_item(dataset, place)
        except SkipItem:
            continue
        yield to_samples(torch.from_numpy(array), dataset.value_range, _CPU)
