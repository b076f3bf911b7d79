"""Dataset: where real samples come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

Item = tuple["NDArray[np.uint8] | NDArray[np.float32]", "int | None"]
"""One sample of a dataset and its label."""


@dataclass(frozen=True)
class Batch:
    """``samples`` (B, ...) float32 and ``labels`` (B,) int64 or None, on the run's device."""

    samples: Tensor
    labels: Tensor | None

    def __len__(self) -> int:
        return int(self.samples.shape[0])


class Dataset:
    """Where real samples come from.

    The engine calls `prepare` once, then reads the attributes, then every item once: it decodes
    the whole dataset into a cache, and trains from that.
    """

    sample_shape: tuple[int, ...]
    """One item's shape, ``(C, H, W)`` for pictures, ``(F,)`` for points; known after `prepare`."""

    value_range: tuple[float, float] | None = None
    """What the networks see: uint8 items are mapped from 0..255 onto it; float items must lie in
    it already. None for unbounded floats."""

    classes: int = 0
    """The number of labels, 0 for none; known after `prepare`."""

    class_names: tuple[str, ...] = ()
    """What each label from 0 on is called, in scores by category; empty where they have no names.
    Known after `prepare`."""

    def __init__(self, options: Any) -> None:
        self.options = options

    def prepare(self) -> None:
        """Get hold of the data: download, list or draw it. `ganfw.log` tells the user.

        Raises DataError for data that is unfit, DataUnavailable for data that can't be had now.
        """

    def __len__(self) -> int:
        raise NotImplementedError

    def __getitem__(self, index: int) -> Item:
        """Sample ``index`` as a uint8 or float32 array of ``sample_shape``, and its label or None.

        Called from several threads. Raises SkipItem for an item to leave out.
        """
        raise NotImplementedError

    def fingerprint(self) -> str:
        """A hex digest of the data's content, the same on every machine; known after `prepare`."""
        raise NotImplementedError

    def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
        """A picture of ``samples`` (B, ...), with ``real`` ones beside them if given.

        For pictures a grid; a dataset of anything else overrides this.
        """
        from ..images import picture_grid

        return picture_grid(samples, self.value_range or (0.0, 1.0))

    def animate(self, samples: Tensor) -> Iterable[Image.Image]:
        """The frames of a moving picture through ``samples`` (B, ...), one for each, all of one
        size. Asked of data that is no pictures; also of a dataset that is not prepared."""
        return (self.preview(sample[None]) for sample in samples)
