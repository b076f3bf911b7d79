"""Random numbers of transforms that are each applied with a probability."""

from __future__ import annotations

import torch
from torch import Tensor


class Draws:
    """Random numbers (B, count), one row for each picture, drawn on the pictures' own device. With
    probability 1 - ``strength`` a whole row holds numbers that change nothing: a transform is
    applied with all of its numbers or not at all."""

    def __init__(self, pictures: Tensor, strength: Tensor) -> None:
        self._count, self._device, self._dtype = len(pictures), pictures.device, pictures.dtype
        self._strength = strength

    def normal(self, deviation: float, count: int = 1) -> Tensor:
        """Normal numbers of mean 0, or 0."""
        return self._or_else(self._normal(count) * deviation, 0.0)

    def log_normal(self, deviation: float) -> Tensor:
        """2 to the power of a normal number, or 1."""
        return self._or_else(torch.exp2(self._normal(1) * deviation), 1.0)

    def uniform(self, low: float, high: float, count: int = 1) -> Tensor:
        """Uniform in low..high, or 0."""
        return self._or_else(self._uniform(count) * (high - low) + low, 0.0)

    def integer(self, end: int) -> Tensor:
        """Uniform in 0, …, end - 1, or 0."""
        return self._or_else((self._uniform(1) * end).floor(), 0.0)

    def constant(self, value: float) -> Tensor:
        """``value``, or 0."""
        return self._or_else(self._uniform(1).fill_(value), 0.0)

    def _or_else(self, drawn: Tensor, otherwise: float) -> Tensor:
        return torch.where(self._uniform(1) < self._strength, drawn, otherwise)

    def _normal(self, count: int) -> Tensor:
        return torch.randn(self._count, count, device=self._device, dtype=self._dtype)

    def _uniform(self, count: int) -> Tensor:
        return torch.rand(self._count, count, device=self._device, dtype=self._dtype)
