"""How new samples are: memorized, fresh, and beside data that repeats itself."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ganfw import UsageError
from ganfw.evaluation.memorization import nearest_real, novelty


def _points(count: int, seed: int) -> Tensor:
    return torch.randn(count, 8, generator=torch.Generator().manual_seed(seed))


def test_the_nearest_are_found() -> None:
    """Equal samples lie at exactly 0, far from the origin too, and neighbours come in order."""
    real = torch.arange(300.0)[:, None] + 1000
    indices, distances = nearest_real(real[[7, 250]] + 0.25, real, 3)
    assert indices.tolist() == [[7, 8, 6], [250, 251, 249]]
    assert distances.tolist() == [[0.25, 0.75, 1.25]] * 2
    wide = _points(500, 0) + 100
    assert nearest_real(wide, wide, 1)[1].max() == 0
    assert nearest_real(wide, wide[:2], 7)[0].shape == (500, 2)


def test_equal_samples_are_found_among_near_copies() -> None:
    """Far from the origin, where a matrix product can't tell them apart."""
    steps = torch.arange(10.0)[None, :, None] * 1e-3
    real = (_points(50, 0)[:, None] + 100 + steps).flatten(0, 1)
    indices, distances = nearest_real(real, real, 2)
    assert indices[:, 0].tolist() == list(range(500))
    assert distances[:, 0].max() == 0
    assert distances[:, 1].max() == pytest.approx(1e-3 * 8**0.5, rel=0.02)


def test_memorized_and_fresh() -> None:
    real = _points(1000, 0)
    assert novelty(real[100:200], real) == 0
    assert novelty(_points(200, 1), real) == pytest.approx(1, abs=0.1)
    assert novelty(real[:200] + 0.01 * _points(200, 1), real) < 0.05
    assert novelty(3 * _points(200, 1), real) > 1.5


def test_data_that_repeats_itself() -> None:
    """Copies of real samples change nothing; nothing but copies is refused."""
    real = _points(400, 0)
    fresh = _points(100, 1)
    repeated = real[:, None].expand(-1, 3, -1).reshape(-1, 8)
    assert novelty(fresh, repeated) == pytest.approx(novelty(fresh, real), rel=0.2)
    with pytest.raises(UsageError, match="all real samples are the same"):
        novelty(fresh, real[:1].expand(50, -1))
