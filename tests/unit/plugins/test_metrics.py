"""Metrics against closed forms, against loops written out, and against samples made worse."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from ganfw import DataError, DataUnavailable, Metric, ShapesError, UsageError
from ganfw.registry import Registry
from ganfw.shapes import Shapes
from ganfw.testing.toys import ToyDataset
from ganfw_plugins.gaussian.dataset import Gaussian
from ganfw_plugins.gaussian.options import GaussianOptions, RingOptions
from ganfw_plugins.gaussian.ring import Ring
from ganfw_plugins.metrics.coverage import divergence
from ganfw_plugins.metrics.features import Features
from ganfw_plugins.metrics.frechet import frechet_distance, moments
from ganfw_plugins.metrics.kernel import squared_discrepancy
from ganfw_plugins.metrics.neighbours import prdc
from ganfw_plugins.metrics.sliced import _details, descriptors, sliced_distance
from ganfw_plugins.metrics.two_sample import p_value
from ganfw_plugins.sprites.creatures import draw

PICTURES = Shapes((3, 32, 32), (-1.0, 1.0), 6, 5)


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
    x, y = _normal(4000, 2), _normal(4000, 2, seed=1) + torch.tensor([1.0, 2.0])
    assert squared_discrepancy(x, y, degree=1) == pytest.approx(2.5, rel=0.05)
    assert abs(squared_discrepancy(x, _normal(4000, 2, seed=2))) < 0.01


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


def test_the_sliced_distance_of_a_move() -> None:
    """Moving by δ costs |θ·δ| along θ, whose mean over all directions in the plane is 2|δ|/π."""
    x, move = _normal(500, 2), torch.tensor([3.0, 0.0])
    generator = torch.Generator().manual_seed(0)
    assert sliced_distance(x, x + move, 4096, generator) == pytest.approx(6 / math.pi, rel=0.03)
    assert sliced_distance(x, x.flip(0), 16, generator) == 0


def test_the_pyramid_and_its_patches() -> None:
    flat = torch.full((2, 3, 32, 32), 100.0)
    assert _details(flat).abs().max() < 1e-3
    sharp = flat.clone()
    sharp[:, :, 16, 16] = 255
    assert _details(sharp).abs().max() > 50
    rows = descriptors(_normal(4, 3, 32, 32), 10, torch.Generator().manual_seed(0))
    assert rows.shape == (40, 3 * 49)
    assert rows.reshape(40, 3, 49).mean(dim=(0, 2)).abs().max() < 1e-5
    assert rows.reshape(40, 3, 49).square().mean(dim=(0, 2)) == pytest.approx([1, 1, 1], rel=1e-4)


def test_the_p_value_of_a_guess() -> None:
    """N(1/2, 1/4n): with 400 samples a deviation is 0.025."""
    assert p_value(0.5, 400) == pytest.approx(0.5)
    assert p_value(0.525, 400) == pytest.approx(0.158655, abs=1e-5)
    assert p_value(0.55, 400) == pytest.approx(0.022750, abs=1e-5)


def test_the_divergence_of_histograms() -> None:
    known = torch.tensor([10, 10, 10, 10])
    assert divergence(torch.tensor([5, 5, 5, 5]), known) == pytest.approx(0)
    assert divergence(torch.tensor([7, 7, 0, 0]), known) == pytest.approx(math.log(2))
    assert divergence(torch.tensor([0, 0, 0, 0]), known) == pytest.approx(math.log(4))


def test_features_are_the_same_everywhere() -> None:
    """By formula: their hash and a few numbers are fixed for good."""
    pictures = torch.linspace(-1, 1, 4 * 3 * 16 * 16).reshape(4, 3, 16, 16)
    features = Features(pictures, (-1.0, 1.0), seed=0)
    assert features.description()["features_hash"] == "efb42685333f3cd8"
    assert features.real.shape == (4, 3 * 32 * 4 + 48)
    assert features.real.mean(dim=0).abs().max() < 1e-4


def _metric(registry: Registry, name: str, **options: object) -> Metric:
    found = registry.find("metric", name)
    metric: Metric = found.load()(found.load_options()(**options))
    return metric


@pytest.fixture(scope="module")
def pictures() -> tuple[Tensor, Tensor]:
    """Six species of sprites, 100 individuals of each, at 32×32, and their labels."""
    drawn = [torch.from_numpy(draw(0, i % 6, i // 6, 32)) for i in range(600)]
    return torch.stack(drawn).float() / 127.5 - 1, torch.arange(600) % 6


Spoil = Callable[[Tensor], Tensor]


def _blurred(samples: Tensor) -> Tensor:
    return interpolate(avg_pool2d(samples, 4), scale_factor=4.0)


def _noisy(samples: Tensor) -> Tensor:
    return (samples + 0.4 * _normal(*samples.shape)).clamp(-1, 1)


def _one_mode(samples: Tensor) -> Tensor:
    """Sprites take turns: every sixth is of the same species."""
    return samples[::6].repeat(6, *[1] * (samples.ndim - 1))[: len(samples)]


SPOILT: dict[str, tuple[Spoil, ...]] = {
    "random-kid": (_blurred, _noisy, _one_mode),
    "random-frechet": (_blurred, _noisy, _one_mode),
    "random-prdc": (_blurred, _noisy, _one_mode),
    "swd": (_blurred, _noisy),
    "c2st": (_blurred, _noisy, _one_mode),
    "mode-coverage": (_noisy, _one_mode),
}


@pytest.mark.parametrize("name", SPOILT)
def test_worse_samples_score_worse(
    registry: Registry, pictures: tuple[Tensor, Tensor], name: str
) -> None:
    """The other half of the data is what a perfect generator makes."""
    samples, labels = pictures
    real, other = samples[:300], samples[300:]

    def score(fake: Tensor) -> float:
        metric = _metric(registry, name, samples=300)
        metric.prepare(ToyDataset(PICTURES), labels[:300])
        scores = metric(real, lambda count: fake[:count])
        return float(scores[metric.main]) * (1 if metric.lower_is_better else -1)

    perfect = score(other)
    for spoil in SPOILT[name]:
        assert score(spoil(other)) > perfect + 0.01, spoil.__name__


def test_what_is_learnt_by_heart_shows(registry: Registry, pictures: tuple[Tensor, Tensor]) -> None:
    """Real samples given back: a distance below that of new ones, and too good to be true."""
    samples, _ = pictures
    real, other = samples[:300], samples[300:]
    metric = _metric(registry, "random-kid", samples=300)
    metric.prepare(ToyDataset(PICTURES), None)
    heart, fresh = (metric(real, lambda count, s=s: s)["random_kid"] for s in (real, other))
    assert heart < fresh
    assert heart < 0


def test_nothing_to_tell_apart(registry: Registry) -> None:
    for classifier in ("neural", "neighbours"):
        metric = _metric(registry, "c2st", samples=1000, classifier=classifier, epochs=40)
        scores = metric(_normal(1000, 2), lambda count: _normal(count, 2, seed=1))
        assert scores["c2st_p"] > 0.01
        apart = metric(_normal(1000, 2), lambda count: _normal(count, 2, seed=1) + 5)
        assert apart["c2st"] > 0.95
        assert apart["c2st_p"] < 1e-6


def test_the_datas_own_gaussian(registry: Registry) -> None:
    """The linear map of the data itself is exact up to the moments of the sample."""
    dataset = Gaussian(GaussianOptions(count=100))
    mean, covariance = dataset.moments()
    assert mean.tolist() == [1, 2]
    assert covariance[0].tolist() == pytest.approx([1.01, 1.95])
    metric = _metric(registry, "frechet-gaussian", samples=200_000)
    metric.prepare(dataset, None)
    matrix = torch.tensor(dataset.options.A)
    scores = metric(torch.zeros(9, 2), lambda n: _normal(n, 2) @ matrix + mean.float())
    assert scores["frechet_gaussian"] < 1e-3
    assert scores["reference"] == "the dataset's own"
    moved = metric(torch.zeros(9, 2), lambda n: _normal(n, 2) @ matrix + mean.float() + 1)
    assert moved["frechet_gaussian"] == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("modes", [8, 3])
def test_modes_of_the_ring(registry: Registry, modes: int) -> None:
    real, fake = (Ring(RingOptions(count=4000, seed=seed)) for seed in (0, 1))
    metric = _metric(registry, "mode-coverage", samples=2000)
    metric.prepare(real, torch.from_numpy(real.labels))
    points = torch.from_numpy(fake.points[fake.labels < modes])
    scores: Any = metric(torch.from_numpy(real.points), lambda count: points[:count])
    assert (scores["modes"], scores["modes_known"]) == (modes, 8)
    assert scores["mode_coverage"] == modes / 8
    assert scores["in_modes"] == pytest.approx(0.95, abs=0.03)
    assert scores["kl"] == pytest.approx(math.log(8 / modes), abs=0.04)
    assert scores["right_on_unseen_real"] > 0.99
    between = metric(torch.from_numpy(real.points), lambda count: torch.zeros(count, 2))
    assert between["modes"] == 0


def test_what_a_metric_cannot_judge(registry: Registry) -> None:
    points, pictures = torch.zeros(50, 2), torch.zeros(50, 3, 16, 16)
    for name, real, said in (
        ("swd", points, "it judges pictures"),
        ("frechet-gaussian", pictures, "it judges points"),
        ("mode-coverage", points, "it needs data with labels"),
    ):
        with pytest.raises(ShapesError, match=said):
            _metric(registry, name)(real, lambda count, r=real: r)
    with pytest.raises(UsageError, match="it needs 6 samples or more of each kind, not 3"):
        _metric(registry, "random-prdc")(points[:3], lambda count: points)


def _colours(samples: Tensor) -> Tensor:
    """What the small network makes of pictures in -1..1."""
    pixels = ((samples + 1) * 127.5).round()
    return (pixels / 255).mean(dim=(2, 3)) @ (torch.arange(12.0).reshape(4, 3) / 12).T


def test_scores_of_a_trained_network(
    registry: Registry, pictures: tuple[Tensor, Tensor], small_network: dict[str, object]
) -> None:
    """The features are the network's, and the numbers are those of their definitions."""
    real, fake = pictures[0][:40], pictures[0][300:340] * 0.8
    ours, theirs = _colours(real), _colours(fake)

    def scores(name: str) -> Any:
        metric = _metric(registry, name, **small_network)
        metric.prepare(ToyDataset(PICTURES), None)
        return metric(real, lambda count: fake[:count])

    fid = scores("fid")
    expected = frechet_distance(moments(ours), moments(theirs))
    assert fid["fid"] == pytest.approx(expected, rel=1e-3)
    assert fid["features"] == "small, layer 2048"
    assert len(fid["features_hash"]) == 16
    assert scores("kid")["kid"] == pytest.approx(squared_discrepancy(ours, theirs), rel=1e-3)
    chances = theirs.double().softmax(dim=1).chunk(10)
    each = [p * (p.log() - p.mean(dim=0).log()) for p in chances]
    inception = sum(math.exp(kl.sum(dim=1).mean()) for kl in each) / 10
    assert scores("inception-score")["inception_score"] == pytest.approx(inception, rel=0.02)
    by_hand = prdc(ours, theirs, 3)
    found = scores("precision-recall")
    assert found["precision"] == pytest.approx(by_hand["precision"])
    assert found["recall"] == pytest.approx(by_hand["recall"])


def test_weights_that_cannot_be_had(
    registry: Registry,
    small_network: dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = torch.zeros(8, 3, 16, 16)

    def score(**options: object) -> object:
        return _metric(registry, "fid", samples=8, **options)(real, lambda count: real)

    def refuse(*words: object, **more: object) -> None:
        raise requests.exceptions.ConnectionError("no network")

    monkeypatch.setenv("GANFW_CACHE", str(tmp_path))
    monkeypatch.setattr("pooch.retrieve", refuse)
    with pytest.raises(DataUnavailable, match="a local copy is given as -s metric"):
        score()
    downloads = tmp_path / "downloads"
    downloads.mkdir(parents=True)
    (downloads / "weights-inception-2015-12-05-6726825d.pth").write_bytes(b"other")
    with pytest.raises(DataError, match="is not the file it should be"):
        score()
    foreign = tmp_path / "foreign.pth"
    torch.save({"a": Path("x")}, foreign)
    with pytest.raises(DataError, match="can't be read as weights"):
        score(network="small", weights=foreign)
    torch.save({"other": torch.zeros(2)}, foreign)
    with pytest.raises(DataError, match="holds no weights of small"):
        score(network="small", weights=foreign)
