"""Metrics against closed forms and against their definitions, written out."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ganfw import Metric
from ganfw_plugins.gaussian.dataset import Gaussian
from ganfw_plugins.gaussian.options import GaussianOptions
from ganfw_plugins.metrics.features import Features, RandomFilters
from ganfw_plugins.metrics.frechet import frechet_distance, moments
from ganfw_plugins.metrics.kernel import squared_discrepancy
from ganfw_plugins.metrics.neighbours import prdc
from ganfw_plugins.metrics.sliced import descriptors, down, pyramid, sliced_distance, up
from ganfw_plugins.metrics.two_sample import halves, p_value

Make = Callable[..., Metric]
RAW = [0.28161, 0.287094, 0.277626, 0.18391, 0.187314, 0.182732, 0.185368]
COLOURS = [0.567973, 0.473741, 0.566334]
STANDARD = [-0.840694, -0.122209, -0.421507]


def _normal(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed))


def test_the_frechet_distance_of_scaled_and_moved_gaussians() -> None:
    """Between N(0, I) and N(m, s²I) it is |m|² + d(1 - s)²."""
    eye, mean = torch.eye(5), torch.full((5,), 0.3)
    distance = frechet_distance((torch.zeros(5), eye), (mean, 4 * eye))
    assert distance == pytest.approx(5 * 0.09 + 5 * 1.0)
    assert frechet_distance((mean, eye), (mean, eye)) == pytest.approx(0, abs=1e-12)


def test_the_frechet_distance_where_covariances_do_not_commute() -> None:
    """Against the square root of the product itself, by its eigenvalues."""
    a, b = _normal(4, 4), _normal(4, 4, seed=1)
    one, other = (a @ a.T).double(), (b @ b.T).double()
    root = torch.linalg.eigvals(one @ other).sqrt().real.sum()
    expected = float(one.trace() + other.trace() - 2 * root)
    zero = torch.zeros(4)
    assert frechet_distance((zero, one), (zero, other)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_the_frechet_distance_of_what_is_not_finite(value: float) -> None:
    spoilt = _normal(50, 3)
    spoilt[7, 1] = value
    for pair in ((spoilt, _normal(50, 3)), (_normal(50, 3), spoilt)):
        assert math.isnan(frechet_distance(*map(moments, pair)))


def test_moments_of_points() -> None:
    mean, covariance = moments(torch.tensor([[0.0, 0.0], [2.0, 4.0]]))
    assert mean.tolist() == [1, 2]
    assert covariance.tolist() == [[2, 4], [4, 8]]


def test_the_kernel_distance_is_what_its_definition_says() -> None:
    x, y = _normal(7, 3), _normal(5, 3, seed=1) + 1

    def kernel(a: Tensor, b: Tensor) -> float:
        return float((a.double() @ b.double() / 3 + 1) ** 3)

    same_x = sum(kernel(x[i], x[j]) for i in range(7) for j in range(7) if i != j) / 42
    same_y = sum(kernel(y[i], y[j]) for i in range(5) for j in range(5) if i != j) / 20
    across = sum(kernel(a, b) for a in x for b in y) / 35
    expected = same_x + same_y - 2 * across
    assert squared_discrepancy(x, y) == pytest.approx(expected, rel=1e-4)


def test_the_kernel_distance_of_moved_gaussians() -> None:
    """With degree 1 it is |m|²/F, and the estimate is unbiased: about 0 for the same Gaussian."""
    x, y = _normal(2000, 2), _normal(2000, 2, seed=1) + torch.tensor([1.0, 2.0])
    assert squared_discrepancy(x, y, degree=1) == pytest.approx(2.5, rel=0.1)
    assert abs(squared_discrepancy(x, _normal(2000, 2, seed=2))) < 0.02


def test_precision_recall_density_coverage_by_hand() -> None:
    """On a line, k = 1: balls of radius 1 around 0, 1 and of 9 around 10."""
    real, fake = torch.tensor([[0.0], [1.0], [10.0]]), torch.tensor([[0.5], [1.5], [30.0]])
    scores = prdc(real, fake, k=1)
    assert scores["precision"] == pytest.approx(2 / 3)  # 0.5 and 1.5; 30 is in no ball
    assert scores["density"] == pytest.approx(
        (2 + 2) / 3
    )  # 0.5 in those of 0 and 1, 1.5 in those of 1 and 10
    assert scores["coverage"] == 1.0
    # Around 0.5 and 1.5 the radius is 1, around 30 it is 28.5.
    assert scores["recall"] == 1.0


def test_training_data_given_back_to_prdc() -> None:
    scores = prdc(real := _normal(200, 3), real, k=5)
    assert scores.pop("density") == pytest.approx(6 / 5)
    assert set(scores.values()) == {1}


def test_the_sliced_distance_of_a_move() -> None:
    """Moving by δ costs |θ·δ| along θ, whose mean over all directions in the plane is 2|δ|/π."""
    x, move = _normal(500, 2), torch.tensor([3.0, 0.0])
    generator = torch.Generator().manual_seed(0)
    assert sliced_distance(x, x + move, 4096, generator) == pytest.approx(6 / math.pi, rel=0.03)
    assert sliced_distance(x, x.flip(0), 16, generator) == 0


def _mirrored(place: int, length: int) -> int:
    """The place that a mirror at the edge shows, which the edge itself stands before."""
    place = abs(place)
    return place if place < length else 2 * (length - 1) - place


def _blurred_at(picture: list[list[float]], row: int, column: int) -> float:
    """The 5×5 binomial filter, pixel by pixel."""
    line, total = (1, 4, 6, 4, 1), 0.0
    for i, down_weight in enumerate(line):
        pixels = picture[_mirrored(row + i - 2, len(picture))]
        for j, right_weight in enumerate(line):
            pixel = pixels[_mirrored(column + j - 2, len(pixels))]
            total += down_weight * right_weight / 256 * pixel
    return total


@pytest.mark.parametrize("size", [(8, 8), (9, 6)])
def test_steps_of_the_pyramid_written_out(size: tuple[int, int]) -> None:
    height, width = size
    picture = _normal(1, 1, height, width)
    smaller = down(picture)
    pixels = picture[0, 0].tolist()
    expected = [
        [_blurred_at(pixels, i, j) for j in range(0, width, 2)] for i in range(0, height, 2)
    ]
    torch.testing.assert_close(smaller[0, 0], torch.tensor(expected))
    spread = torch.zeros(height, width)
    spread[::2, ::2] = smaller[0, 0]
    pixels = spread.tolist()
    expected = [[4 * _blurred_at(pixels, i, j) for j in range(width)] for i in range(height)]
    torch.testing.assert_close(up(smaller, picture.shape[2:])[0, 0], torch.tensor(expected))


def test_levels_of_the_pyramid() -> None:
    """Each holds what the next lacks: together they are the picture again."""
    picture = _normal(2, 3, 64, 48)
    levels = list(pyramid(picture))
    assert [tuple(level.shape[2:]) for level in levels] == [(64, 48), (32, 24)]
    torch.testing.assert_close(levels[0] + up(levels[1], picture.shape[2:]), picture)
    assert [level.shape[2] for level in pyramid(torch.zeros(1, 1, 100, 100))] == [100, 50, 25]
    fine, coarse = pyramid(torch.full((2, 3, 32, 32), 100.0))
    assert fine.abs().max() < 1e-3
    assert coarse.sub(100).abs().max() < 1e-3


def test_patches_of_a_level() -> None:
    rows = descriptors(_normal(4, 3, 32, 32), 10, torch.Generator().manual_seed(0))
    assert rows.shape == (40, 3 * 49)
    assert rows.reshape(40, 3, 49).mean(dim=(0, 2)).abs().max() < 1e-5
    assert rows.reshape(40, 3, 49).square().mean(dim=(0, 2)) == pytest.approx([1, 1, 1], rel=1e-4)


def test_the_score_is_a_thousand_times_the_distance(metric: Make) -> None:
    """Of pictures with one level, as many patches and directions as it says, in bytes."""
    real, fake = _normal(30, 1, 16, 16).clamp(-1, 1), _normal(30, 1, 16, 16, seed=1).clamp(-1, 1)
    swd = metric("swd", samples=30, patches=5, directions=40, seed=3)
    swd.value_range = (-1.0, 1.0)  # type: ignore[attr-defined]
    generator = torch.Generator().manual_seed(3)
    ours, theirs = (
        descriptors(((samples + 1) * 127.5).round(), 5, generator) for samples in (real, fake)
    )
    expected = 1000 * sliced_distance(ours, theirs, 40, generator)
    scores = swd(real, lambda count: fake[:count])
    assert scores["swd_16"] == pytest.approx(expected, rel=1e-4)
    assert scores["swd"] == scores["swd_16"]
    stored = ((real + 1) * 127.5).round() / 127.5 - 1
    hidden = swd(stored, lambda count: stored + 0.003)  # less than half a byte's step
    assert hidden["swd"] == swd(stored, lambda count: stored)["swd"]


def test_the_distance_of_points_is_in_their_own_units(metric: Make) -> None:
    """Moved by 3, they are 3 |cos φ| farther along a direction at φ, which is 6/π on average."""
    real = _normal(300, 2) * 5
    swd = metric("swd", samples=300, directions=4000)
    moved = swd(real, lambda count: real[:count] + torch.tensor([3.0, 0.0]))
    assert moved["swd"] == pytest.approx(6 / math.pi, rel=0.02)
    assert swd(real, lambda count: real[:count])["swd"] == 0


def test_each_level_sees_its_own_scale(metric: Make) -> None:
    """A change from pixel to pixel shows on the finest level, a gradual one on the coarsest."""
    real = 0.15 * _normal(60, 1, 32, 32)
    swd = metric("swd", samples=60)
    swd.value_range = (-1.0, 1.0)  # type: ignore[attr-defined]
    board = torch.ones(32, 32)
    board[::2, ::2] = board[1::2, 1::2] = -1
    slope = torch.linspace(-1, 1, 32).expand(32, 32)
    same = swd(real, lambda count: real)
    fine = swd(real, lambda count: real + board / 6)
    gradual = swd(real, lambda count: real + slope / 6)
    assert fine["swd_32"] > 3 * same["swd_32"]
    assert fine["swd_16"] < 1.5 * same["swd_16"]
    assert gradual["swd_16"] > 2 * same["swd_16"]
    assert gradual["swd_32"] < 1.5 * same["swd_32"]


def test_the_p_value_of_a_guess() -> None:
    """N(1/2, 1/4n): with 400 samples a deviation is 0.025."""
    assert p_value(0.5, 400) == pytest.approx(0.5)
    assert p_value(0.525, 400) == pytest.approx(0.158655, abs=1e-5)
    assert p_value(0.55, 400) == pytest.approx(0.022750, abs=1e-5)


def test_features_are_the_same_everywhere() -> None:
    """By formula: their hash and a few numbers are fixed for good, under this name."""
    places = torch.arange(4 * 3 * 32 * 32, dtype=torch.float64)
    pictures = (places.square() * 0.0137).sin().float().reshape(4, 3, 32, 32)
    filters = RandomFilters((3, 32, 32), (-1.0, 1.0), seed=0)
    features = Features(pictures, filters, filters.description()).standardised()
    description = features.description()
    assert description == {"features": "random-filters-1", "features_hash": "efb42685333f3cd8"}
    assert features.real.shape == (4, 3 * 32 * 4 + 48)
    assert features.real.mean(dim=0).abs().max() < 1e-4
    # Three levels of 32 filters in 2×2 cells, then the colours in 4×4 cells.
    raw = filters(pictures[:1])[0]
    assert raw[[0, 5, 127, 128, 200, 256, 383]].tolist() == pytest.approx(RAW, rel=1e-4)
    assert raw[[384, 399, 431]].tolist() == pytest.approx(COLOURS, rel=1e-4)
    assert features.real[2, [0, 300, 400]].tolist() == pytest.approx(STANDARD, rel=1e-3)


@pytest.mark.parametrize("classifier", ["neural", "neighbours"])
def test_nothing_to_tell_apart(metric: Make, classifier: str) -> None:
    """Two samples of one distribution, twenty times: right by half, and p-values uniform."""
    found = []
    for seed in range(20):
        c2st = metric("c2st", samples=101, classifier=classifier, epochs=10, seed=seed)
        real, fake = _normal(101, 2, seed=2 * seed), _normal(101, 2, seed=2 * seed + 1)
        found.append(c2st(real, lambda count, fake=fake: fake))
    accuracies = torch.tensor([scores["c2st"] for scores in found])
    assert found[0]["tested_samples"] == 102
    # Twenty of deviation 0.05 have a mean of deviation 0.011.
    assert accuracies.mean() == pytest.approx(0.5, abs=0.03)
    below = torch.tensor([scores["c2st_p"] for scores in found]).sort().values
    uniform = torch.arange(1, 21) / 20
    # Kolmogorov and Smirnov's distance, at its 1 % point.
    assert (below - uniform).abs().max() < 1.63 / 20**0.5


@pytest.mark.parametrize("classifier", ["neural", "neighbours"])
@pytest.mark.parametrize("seed", range(5))
def test_what_is_all_the_same_is_told_by_half(metric: Make, classifier: str, seed: int) -> None:
    """Not by less: what is trained on holds as many of one kind as of the other."""
    c2st = metric("c2st", samples=21, classifier=classifier, epochs=5, seed=seed)
    scores = c2st(torch.zeros(21, 2), lambda count: torch.zeros(count, 2))
    assert scores["c2st"] == 0.5
    assert scores["c2st_p"] == 0.5


@pytest.mark.parametrize("classifier", ["neural", "neighbours"])
def test_much_to_tell_apart(metric: Make, classifier: str) -> None:
    c2st = metric("c2st", samples=300, classifier=classifier)
    scores = c2st(_normal(300, 2), lambda count: _normal(count, 2, seed=1) + 4)
    assert scores["c2st"] > 0.97
    assert scores["c2st_p"] < 1e-6


def test_halves_of_each_kind() -> None:
    """Of both together one half would have more of one kind, and the other less of it."""
    rows = torch.arange(11.0)[:, None]
    one, other = halves(rows, torch.Generator().manual_seed(0))
    assert (len(one), len(other)) == (5, 6)
    assert sorted(torch.cat([one, other]).flatten().tolist()) == rows.flatten().tolist()


def test_the_datas_own_gaussian(metric: Make) -> None:
    """The linear map of the data itself is exact up to the moments of the sample."""
    dataset = Gaussian(GaussianOptions(count=100))
    mean, covariance = dataset.moments()
    assert mean.tolist() == [1, 2]
    assert covariance[0].tolist() == pytest.approx([1.01, 1.95])
    own = metric("frechet-gaussian", samples=200_000)
    own.prepare(dataset, None)
    matrix = torch.tensor(dataset.options.A)
    scores = own(torch.zeros(9, 2), lambda n: _normal(n, 2) @ matrix + mean.float())
    assert scores["frechet_gaussian"] < 1e-3
    assert scores["reference"] == "the dataset's own"
    moved = own(torch.zeros(9, 2), lambda n: _normal(n, 2) @ matrix + mean.float() + 1)
    assert moved["frechet_gaussian"] == pytest.approx(2, rel=0.02)
