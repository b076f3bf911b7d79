"""Modes found, how evenly and how well: on the ring, on sprites, and category by category."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ganfw import Metric, ShapesError, UsageError
from ganfw.interfaces.shapes import Shapes
from ganfw.testing.toys import ToyDataset, ToySamples
from ganfw_plugins.metrics.coverage import _halves, divergence
from ganfw_plugins.toys.options import RingOptions
from ganfw_plugins.toys.points import Ring

Make = Callable[..., Metric]
POINTS = Shapes((2,), None, 4, 2)
CENTRES = torch.tensor([[0.0, 0], [8, 0], [0, 8], [8, 8]])


class Named(ToyDataset):
    """Four kinds of points, with names."""

    class_names = ("north", "east", "south", "west")


def _around(labels: Tensor, seed: int, spread: Tensor | float = 1.0) -> Tensor:
    noise = torch.randn(len(labels), 2, generator=torch.Generator().manual_seed(seed))
    return CENTRES[labels] + spread * noise


def test_the_divergence_of_histograms() -> None:
    known = torch.tensor([10, 10, 10, 10])
    assert divergence(torch.tensor([5, 5, 5, 5]), known) == pytest.approx(0)
    assert divergence(torch.tensor([7, 7, 0, 0]), known) == pytest.approx(math.log(2))
    assert divergence(torch.tensor([0, 0, 0, 0]), known) == pytest.approx(math.log(4))


def test_finding_nothing_is_never_better_than_finding_little() -> None:
    known = torch.tensor([900, 50, 50])
    nothing = divergence(torch.tensor([0, 0, 0]), known)
    assert nothing == pytest.approx(math.log(20))
    for little in ([0, 0, 5], [0, 5, 0], [0, 3, 2], [1, 0, 0]):
        assert divergence(torch.tensor(little), known) <= nothing + 1e-9


@pytest.mark.parametrize("modes", [8, 3])
def test_modes_of_the_ring(metric: Make, modes: int) -> None:
    real, fake = (Ring(RingOptions(count=4000, seed=seed)) for seed in (0, 1))
    coverage = metric("mode-coverage", samples=2000)
    coverage.prepare(real, torch.from_numpy(real.labels))
    points = torch.from_numpy(fake.points[fake.labels < modes])
    scores: Any = coverage(torch.from_numpy(real.points), ToySamples(points))
    assert (scores["modes"], scores["modes_known"]) == (modes, 8)
    assert scores["mode_coverage"] == modes / 8
    assert scores["in_modes"] == pytest.approx(0.95, abs=0.03)
    assert scores["kl"] == pytest.approx(math.log(8 / modes), abs=0.04)
    assert scores["right_on_unseen_real"] > 0.99
    made = scores["made_by_mode"]
    assert list(made) == [str(label) for label in range(8)]
    assert [round(share * modes / 8, 1) for share in made.values()] == [
        pytest.approx(1, abs=0.15) if label < modes else 0 for label in range(8)
    ]
    between = coverage(torch.from_numpy(real.points), ToySamples(torch.zeros(2000, 2)))
    assert between["modes"] == 0


def _judged(metric: Make, fake: Tensor, asked: Tensor | None = None) -> Any:
    labels = torch.arange(2000) % 4
    coverage = metric("mode-coverage", samples=2000)
    coverage.prepare(Named(POINTS, 2000), labels)
    return coverage(_around(labels, 0), ToySamples(fake, asked))


def test_a_category_that_is_made_badly(metric: Make) -> None:
    """Still nearest to its own, but too far away: its quality is the lowest, by name."""
    labels = torch.arange(2000) % 4
    spread = torch.where(labels == 2, 3.0, 1.0)[:, None]
    scores = _judged(metric, _around(labels, 1, spread))
    quality = scores["quality_by_mode"]
    assert min(quality, key=quality.get) == scores["worst_modes"][0] == "south"
    assert quality["south"] < 0.8
    assert all(value > 0.95 for name, value in quality.items() if name != "south")
    assert min(scores["made_by_mode"].values()) > 0.75


def test_quality_is_the_reach_over_the_distance(metric: Make) -> None:
    """Samples that all lie on a line through one centre, once and twice as far away."""
    labels = torch.arange(2000) % 4
    away = torch.tensor([-100.0, 0])
    near, far = (
        _judged(metric, (CENTRES[0] + step * away).repeat(2000, 1))["quality_by_mode"]["north"]
        for step in (1, 2)
    )
    assert near == pytest.approx(2 * far, rel=0.01)
    assert _judged(metric, CENTRES[labels])["quality_by_mode"] == dict.fromkeys(
        Named.class_names, 1
    )


def test_a_category_without_any_spread(metric: Make) -> None:
    """Its samples are all the same, and so are those generated."""
    labels = torch.arange(2000) % 4
    spread = torch.where(labels == 1, 0.0, 1.0)[:, None]
    coverage = metric("mode-coverage", samples=2000)
    coverage.prepare(Named(POINTS, 2000), labels)
    scores: Any = coverage(_around(labels, 0, spread), ToySamples(_around(labels, 1, spread)))
    assert scores["modes"] == 4
    assert scores["quality_by_mode"]["east"] > 0.9


def test_a_category_that_is_made_too_rarely(metric: Make) -> None:
    """A fifth of its share, all of it good."""
    labels = torch.arange(4000) % 4
    labels = labels[(labels != 1) | (torch.arange(4000) % 20 == 1)][:2000]
    scores = _judged(metric, _around(labels, 1))
    quality, made = scores["quality_by_mode"], scores["made_by_mode"]
    assert min(made, key=made.get) == scores["worst_modes"][0] == "east"
    assert made["east"] == pytest.approx(0.2 / 0.8, rel=0.2)
    assert min(quality.values()) > 0.95
    assert sum(scores["found_by_mode"]) == pytest.approx(scores["in_modes"] * 2000)


def test_a_broad_category_is_not_blamed_for_its_breadth(metric: Make) -> None:
    """How far a sample may lie is each category's own."""
    labels = torch.arange(2000) % 4
    spread = torch.where(labels == 3, 2.0, 1.0)[:, None]
    coverage = metric("mode-coverage", samples=2000)
    coverage.prepare(Named(POINTS, 2000), labels)
    new = _around(labels, 1, spread)
    scores = coverage(_around(labels, 0, spread), ToySamples(new))
    assert min(scores["quality_by_mode"].values()) > 0.9


def test_the_mode_that_was_asked_for(metric: Make) -> None:
    """All of them, none, a half of them; at chance where labels are ignored, absent without."""
    labels = torch.arange(2000) % 4
    fake = _around(labels, 1)
    assert _judged(metric, fake, labels)["as_asked"] > 0.99
    assert _judged(metric, fake, (labels + 1) % 4)["as_asked"] < 0.01
    half = torch.where(torch.arange(2000) < 1000, labels, (labels + 1) % 4)
    assert _judged(metric, fake, half)["as_asked"] == pytest.approx(0.5, abs=0.01)
    ignored = torch.randint(4, (2000,), generator=torch.Generator().manual_seed(0))
    assert _judged(metric, fake, ignored)["as_asked"] == pytest.approx(0.25, abs=0.03)
    assert "as_asked" not in _judged(metric, fake)


def test_data_without_modes_is_refused_early(metric: Make) -> None:
    coverage = metric("mode-coverage", samples=100)
    with pytest.raises(ShapesError, match="it needs data with labels"):
        coverage.prepare(Named(POINTS, 100), None)
    rare = torch.tensor([0, 1, 2, 3] * 5 + [0, 1, 2] * 5)
    rare[3] = rare[7] = 0
    with pytest.raises(UsageError, match=r"4 real samples .* of 'west' there are 3"):
        coverage.prepare(Named(POINTS, 100), rare)


def test_each_label_is_halved() -> None:
    labels = torch.tensor([0] * 5 + [1] * 4 + [2] * 91)
    known, unseen = _halves(labels, seed=0)
    assert sorted(torch.cat([known, unseen]).tolist()) == list(range(100))
    assert labels[known].bincount().tolist()[1:] in ([2, 45], [2, 46])
    assert labels[unseen].bincount().min() >= 2
    assert not torch.equal(known, _halves(labels, seed=1)[0])
