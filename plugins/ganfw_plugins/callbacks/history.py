"""A curve's points in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


class History:
    """Points ``(index, loss_D, loss_G)`` for rising indexes 1, 2, …, at most ``limit`` of them.

    Whenever there are more, every second one is dropped. What is left are the multiples of
    ``stride``, whether or not the run was resumed in between.
    """

    def __init__(self, limit: int = 4096) -> None:
        self.limit = limit
        self.stride = 1
        self.points: list[tuple[int, float, float]] = []

    def add(self, index: int, loss_d: float, loss_g: float) -> None:
        if index % self.stride == 0:
            self.points.append((index, loss_d, loss_g))
        if len(self.points) > self.limit:
            self.stride *= 2
            self.points = [point for point in self.points if point[0] % self.stride == 0]

    def table(self) -> Tensor:
        """The points as rows (n, 3) of float64, nan and infinity included."""
        return torch.tensor(self.points, dtype=torch.float64).reshape(-1, 3)

    def state_dict(self) -> Mapping[str, Any]:
        return {"stride": self.stride, "points": self.table()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.stride = state["stride"]
        self.points = [(int(index), d, g) for index, d, g in state["points"].tolist()]
