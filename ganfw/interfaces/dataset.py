"""Dataset: where real samples come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from PIL import Image
from torch import Tensor

from ..errors import GanfwError, PluginError
from ..images import heat_map, is_image_shape, picture_grid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Label: TypeAlias = "int | NDArray[np.uint8] | NDArray[np.float32] | NDArray[np.int64] | None"
"""The index of a class, an array of `Dataset.label_shape`, or None."""

Item = tuple["NDArray[np.uint8] | NDArray[np.float32]", Label]
"""One sample of a dataset and its label."""


@dataclass(frozen=True)
class Batch:
    """``samples`` (B, ...) float32 and ``labels``, on the run's device: (B,) int64 for classes,
    (B, *label_shape) float32 or int64 for arrays, or None. ``whole`` is the length of the batch
    that these are a share of, where several processes can't share it evenly."""

    samples: Tensor
    labels: Tensor | None
    whole: int | None = None

    def __len__(self) -> int:
        return int(self.samples.shape[0])


class Dataset:
    """Where real samples come from.

    The engine calls `prepare` once, then reads the attributes, then every item once: it decodes
    the whole dataset into a cache and trains from there, unless it is ``streamed``.
    """

    sample_shape: tuple[int, ...]
    """One item's shape, ``(C, H, W)`` for pictures, ``(F,)`` for points; known after `prepare`."""

    value_range: tuple[float, float] | None = None
    """What the networks see: uint8 items are mapped from 0..255 onto it; float items must lie in
    it already. None for unbounded floats."""

    classes: int = 0
    """The number of classes, where a label is the index of one; 0 for none. Known after
    `prepare`."""

    label_shape: tuple[int, ...] = ()
    """One label's shape where it is an array: ``(K,)`` for a vector, ``(C, H, W)`` for a picture,
    as of pairs. All are uint8, mapped onto ``value_range`` as samples are, float32, or int64; then
    ``classes`` is 0. Known after `prepare`."""

    label_values: int = 0
    """Where labels are int64 arrays, such as the words of texts: how many values there are, each
    from 0 on. Known after `prepare`."""

    class_names: tuple[str, ...] = ()
    """The name of each class from 0 on, as scores by category show it; empty if they have none.
    Known after `prepare`."""

    streamed: bool = False
    """Whether items are read anew in every epoch and never decoded into the cache, as it suits data
    larger than a disk. Known after `prepare`."""

    forkable: bool = False
    """Whether forked processes may read items, which is faster for many small files. Reading must
    use no file that is open already, no lock and no thread."""

    def __init__(self, options: Any) -> None:
        self.options = options

    def prepare(self) -> None:
        """Download, list or draw the data; `ganfw.log` informs the user.

        Raises DataError for data that can't be used, DataUnavailable for data that can't be
        reached now.
        """

    def __len__(self) -> int:
        raise NotImplementedError

    def __getitem__(self, index: int) -> Item:
        """Sample ``index`` as a uint8 or float32 array of ``sample_shape``, and its label: the
        index of a class, an array of ``label_shape``, or None.

        Called from several threads. Raises SkipItem for an item to leave out.
        """
        raise NotImplementedError

    def fingerprint(self) -> str:
        """A hex digest of the data's content, the same on every machine; known after `prepare`."""
        raise NotImplementedError

    def order(self, random: torch.Generator) -> Tensor:
        """The index of every item (N,) int64, in the order in which an epoch reads them where they
        are not decoded into the cache; it depends on ``random`` alone.

        Here, all orders are equally likely. Override it where items that lie together are faster
        to read together.
        """
        return torch.randperm(len(self), generator=random)

    def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
        """A picture of ``samples`` (B, ...), with ``real`` ones beside them if given.

        Here: images as a grid, samples of any other shape as the rows of a heat map, and no real
        ones. Override it for data that can be shown better.
        """
        if is_image_shape(tuple(samples.shape[1:])):
            return picture_grid(samples, self.value_range)
        return heat_map(samples, self.value_range)

    def animate(self, samples: Tensor) -> Iterable[Image.Image]:
        """The frames of an animation through ``samples`` (B, ...), one for each, all of one size.

        Called for data that are not images, also on a dataset that is not prepared.
        """
        return (checked_preview(self, sample[None]) for sample in samples)


def checked_preview(dataset: Dataset, samples: Tensor, real: Tensor | None = None) -> Image.Image:
    """``dataset.preview``. Raises PluginError, naming the dataset, if it fails or returns anything
    but a PIL image."""
    where = f"{type(dataset).__name__}.preview"
    try:
        picture = dataset.preview(samples, real)
    except GanfwError:
        raise
    except Exception as error:
        raise PluginError(f"{where} raised {type(error).__name__}: {error}") from error
    if not isinstance(picture, Image.Image):
        raise PluginError(f"{where} returned {type(picture).__name__}, not a PIL image")
    return picture
