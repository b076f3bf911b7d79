"""Features of samples, and a map to them that needs no trained network: random filters at three
scales.

Random convolutions with a rectifier and pooling are known to make features that tell pictures
apart (Saxe et al. 2011, "On random weights and unsupervised feature learning"). Scores on them
compare runs on the same data; they are no substitute for Inception's, and don't use its names.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, conv2d

NAME = "random-filters-1"
"""Raised when the formula changes: scores of different maps don't compare."""

_FILTERS, _SIDE, _LEVELS, _CELLS, _COLOUR_CELLS = 32, 5, 3, 2, 4
_CHUNK = 16
"""Pictures at a time: their filtered maps then stay in the processor's cache."""


def feature_count(sample: Sequence[int]) -> int:
    """The number of features of a sample of that shape."""
    if len(sample) != 3:
        return math.prod(sample)
    return _LEVELS * _FILTERS * _CELLS**2 + sample[0] * _COLOUR_CELLS**2


Raw = Callable[[Tensor], Tensor]
"""Samples (B, ...) to numbers (B, F)."""


class Features:
    """Samples to features (B, F); ``real`` are those of the real samples that it is made with.

    ``raw`` computes them of a few samples at a time; ``description`` says, for a score's record,
    what they are.
    """

    def __init__(self, real: Tensor, raw: Raw, description: Mapping[str, str]) -> None:
        self._raw, self._description = raw, description
        self._mean, self._scale = torch.zeros(()), torch.ones(())
        self.real = self(real)

    def standardised(self) -> Features:
        """This, from now on with each feature centred on its real ones' mean and divided by
        sqrt(σ² + m/100), σ² being its variance and m the mean of all variances."""
        variance = self.real.var(dim=0, correction=0)
        # Data that is all the same has no variance to divide by.
        scale = (variance + variance.mean() / 100).sqrt().clamp(min=1e-12)
        self._mean, self._scale = self.real.mean(dim=0), scale
        self.real = (self.real - self._mean) / self._scale
        return self

    def __call__(self, samples: Tensor) -> Tensor:
        """Features (B, F) of samples (B, ...)."""
        parts = [self._raw(chunk.float()) for chunk in torch.split(samples, _CHUNK)]
        return (torch.cat(parts) - self._mean) / self._scale

    def description(self) -> dict[str, str]:
        """What the features are, for a score's record."""
        return dict(self._description)


class RandomFilters:
    """Samples to what random filters make of them.

    A picture (C, H, W), its values mapped onto 0..1, is halved twice by averaging. On each of the
    three levels it is filtered by 32 random 5×5 filters of mean 0 and norm 1; their absolute
    responses are averaged over 2×2 cells. The last level's colours, averaged over 4×4 cells, are
    added. Any other sample is its own features.
    """

    def __init__(
        self, sample: Sequence[int], value_range: tuple[float, float] | None, seed: int
    ) -> None:
        self._value_range = value_range
        self._filters = _filters(sample[0], seed) if len(sample) == 3 else None

    def description(self) -> dict[str, str]:
        """What the features are, for a score's record."""
        if self._filters is None:
            return {"features": "the samples themselves, standardised"}
        digest = hashlib.blake2b(self._filters.numpy().tobytes(), digest_size=8).hexdigest()
        return {"features": NAME, "features_hash": digest}

    def __call__(self, samples: Tensor) -> Tensor:
        """(B, ...) to (B, F)."""
        if self._filters is None:
            return samples.flatten(1)
        low, high = self._value_range or (0.0, 1.0)
        level = ((samples - low) / (high - low)).clamp(0, 1)
        parts = []
        for depth in range(_LEVELS):
            if depth and min(level.shape[2:]) >= 2 * _SIDE:
                level = avg_pool2d(level, 2)
            responses = conv2d(level, self._filters, padding=_SIDE // 2).abs()
            parts.append(adaptive_avg_pool2d(responses, _CELLS).flatten(1))
        parts.append(adaptive_avg_pool2d(level, _COLOUR_CELLS).flatten(1))
        return torch.cat(parts, dim=1)


def _filters(channels: int, seed: int) -> Tensor:
    # RandomState's streams are frozen: the same numbers in every release of NumPy.
    numbers = np.random.RandomState(seed).standard_normal((_FILTERS, channels, _SIDE, _SIDE))
    filters = numbers - numbers.mean(axis=(1, 2, 3), keepdims=True)
    filters /= np.linalg.norm(filters.reshape(_FILTERS, -1), axis=1)[:, None, None, None]
    return torch.from_numpy(filters.astype(np.float32))
