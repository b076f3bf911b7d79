"""Values as bytes and back, grids, and heat maps of what is no image."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from ganfw import from_bytes, picture_grid, to_bytes
from ganfw.images import beside, heat_map

BYTES = torch.arange(256, dtype=torch.uint8)


@pytest.mark.parametrize("value_range", [None, (-1.0, 1.0), (0.0, 1.0), (-3.0, 5.0)])
def test_bytes_become_values_and_bytes_again(value_range: tuple[float, float] | None) -> None:
    low, high = value_range or (0.0, 1.0)
    values = from_bytes(BYTES, value_range)
    assert values.dtype == torch.float32
    assert values[0] == low
    assert values[255].item() == pytest.approx(high, abs=1e-6)
    assert torch.equal(to_bytes(values, value_range), BYTES)
    assert torch.equal(to_bytes(values.double(), value_range), BYTES)


def test_floats_are_stored_as_they_are() -> None:
    stored = torch.tensor([-7.0, 7.0])
    assert from_bytes(stored, (-1.0, 1.0)) is stored


def test_values_outside_the_range_are_clamped() -> None:
    values = torch.tensor([-9.0, 9.0, math.inf, -math.inf, math.nan], requires_grad=True)
    assert to_bytes(values, (-1.0, 1.0)).tolist() == [0, 255, 255, 0, 0]


def test_a_grid_lays_pictures_out_row_by_row() -> None:
    samples = torch.full((5, 3, 4, 4), -1.0)
    samples[4] = 7.0
    samples[3, 0] = float("nan")
    grid = picture_grid(samples, (-1.0, 1.0), columns=3)
    assert grid.size == (3 * 6 + 2, 2 * 6 + 2)
    assert grid.getpixel((4, 4)) == (0, 0, 0)
    assert grid.getpixel((10, 10)) == (255, 255, 255)
    assert grid.getpixel((4, 10)) == (0, 0, 0)
    assert picture_grid(torch.zeros(4, 1, 8, 8)).getpixel((4, 4)) == (0, 0, 0)
    assert picture_grid(torch.zeros(4, 4, 8, 8)).getpixel((4, 4)) == (255, 255, 255)


def test_what_was_given_stands_beside_what_was_made() -> None:
    grey, made = torch.zeros(2, 1, 4, 3), torch.ones(2, 3, 4, 5)
    both = beside(grey, made)
    assert both.shape == (2, 3, 4, 8)
    assert (both[..., :3] == 0).all()
    assert (both[..., 3:] == 1).all()
    assert beside(made, grey).shape == (2, 3, 4, 8)
    for other in (None, torch.arange(2), torch.zeros(2, 3, 5, 5), torch.zeros(2, 4, 4, 4)):
        assert beside(other, made) is made
    points = torch.ones(2, 2)
    assert beside(grey, points) is points


def test_a_heat_map_has_a_row_for_each_sample() -> None:
    picture = heat_map(torch.tensor([[0.0, 1.0], [1.0, 2.0], [math.nan, 0.0]]))
    assert (picture.mode, picture.size) == ("L", (256, 255))
    rows = np.asarray(picture)
    assert [[int(rows[y, x]) for x in (64, 192)] for y in (42, 127, 212)] == [
        [0, 128], [128, 255], [0, 0],
    ]  # fmt: skip
    ranged = np.asarray(heat_map(torch.zeros(1, 1), (-1.0, 3.0)))
    assert set(ranged.flatten().tolist()) == {64}


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((4, 3), (255, 256)),
        ((4, 1, 256), (256, 256)),
        ((2, 8, 8, 8), (512, 256)),
        ((3, 2, 40, 40), (1024, 255)),
        ((2000, 5), (255, 1024)),
    ],
)
def test_a_heat_map_of_any_shape(shape: tuple[int, ...], size: tuple[int, int]) -> None:
    assert heat_map(torch.rand(shape)).size == size


@pytest.mark.parametrize("value", [0.0, 1e30, -1e30, math.nan, math.inf])
def test_a_heat_map_of_samples_that_are_all_the_same(value: float) -> None:
    assert heat_map(torch.full((2, 5), value)).size == (255, 256)
