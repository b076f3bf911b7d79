"""Metrics by a trained network, with a small one in its place; and what no metric can judge."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ganfw import DataError, Dataset, DataUnavailable, Metric, PluginError, ShapesError, UsageError
from ganfw.interfaces.shapes import Shapes
from ganfw.testing.toys import ToyDataset
from ganfw_plugins.metrics.features import RandomFilters
from ganfw_plugins.metrics.frechet import frechet_distance, moments
from ganfw_plugins.metrics.kernel import squared_discrepancy
from ganfw_plugins.metrics.neighbours import prdc

Make = Callable[..., Metric]
PICTURES = Shapes((3, 16, 16), (-1.0, 1.0), 6, 5)
POINTS = Shapes((2,), None, 0, 2)
INCEPTION = ("fid", "kid", "inception-score", "precision-recall")
LITE = ("lite-kid", "lite-frechet", "lite-precision-recall")
ALL = (
    "random-kid",
    "random-frechet",
    "random-prdc",
    "swd",
    "c2st",
    "frechet-gaussian",
    *INCEPTION,
    *LITE,
)


@pytest.fixture(scope="module")
def network(small_network: dict[str, object], lite_weights: Path) -> dict[str, dict[str, object]]:
    """Options by metric: a small network in the place of Inception, weights that nobody trained in
    the place of Lite0's."""
    ours: dict[str, object] = {"weights": lite_weights}
    return {**dict.fromkeys(INCEPTION, small_network), **dict.fromkeys(LITE, ours)}


def _toys(shapes: Shapes, count: int = 50) -> Dataset:
    return ToyDataset(shapes, count)


@pytest.mark.parametrize(
    ("name", "shapes", "said"),
    [
        *((name, POINTS, "it judges pictures") for name in (*INCEPTION, *LITE)),
        ("swd", Shapes((3, 8, 8, 8), None, 0, 2), "it judges pictures and points"),
        *((name, Shapes((4, 16, 16), None, 0, 2), "grey and RGB") for name in (*INCEPTION, *LITE)),
        ("frechet-gaussian", PICTURES, "it judges points"),
    ],
)
def test_data_that_a_metric_cannot_judge(
    metric: Make, network: dict[str, dict[str, object]], name: str, shapes: Shapes, said: str
) -> None:
    """Said before anything is generated, and again if nobody asked."""
    made = metric(name, **network.get(name, {}))
    with pytest.raises(ShapesError, match=said):
        made.prepare(_toys(shapes), None)
    real = torch.zeros(50, *shapes.sample)
    with pytest.raises(ShapesError, match=said):
        made(real, lambda count: real)


@pytest.mark.parametrize("name", ALL)
def test_too_few_real_samples(
    metric: Make, network: dict[str, dict[str, object]], name: str
) -> None:
    shapes = POINTS if name == "frechet-gaussian" else PICTURES
    least = {"random-prdc": 6, "lite-precision-recall": 6, "c2st": 8, "precision-recall": 4}
    least = least.get(name, 2)
    options = network.get(name, {})
    said = f"it needs {least} samples or more of each kind, not {least - 1}"
    with pytest.raises(UsageError, match=said):
        metric(name, **options).prepare(_toys(shapes, least - 1), None)
    metric(name, **options).prepare(_toys(shapes, least), None)
    if name == "inception-score":
        return  # it never looks at them
    few = torch.zeros(least - 1, *shapes.sample)
    with pytest.raises(UsageError, match=said):
        metric(name, **options)(few, lambda count: torch.zeros(count, *shapes.sample))


def test_too_few_samples_asked_for(metric: Make) -> None:
    with pytest.raises(UsageError, match="it needs 6 samples or more of each kind, not 4"):
        metric("random-prdc", samples=4).prepare(_toys(PICTURES), None)


def test_the_extra_may_be_missing(metric: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch_fidelity.registry", None)
    with pytest.raises(PluginError, match=r"pip install 'ganfw\[metrics\]'"):
        metric("fid").prepare(_toys(PICTURES), None)


@pytest.mark.parametrize("name", ["random-kid", "fid"])
def test_real_samples_are_looked_at_once(
    metric: Make,
    small_network: dict[str, object],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run is judged against the same ones at many epochs."""
    looked: list[int] = []
    made = metric(name, **{**(small_network if name == "fid" else {}), "samples": 20})
    inside = RandomFilters if name == "random-kid" else type(made)
    method = "__call__" if name == "random-kid" else "_pixels"
    plain = getattr(inside, method)

    def counted(self: object, samples: Tensor) -> Tensor:
        looked.append(len(samples))
        found: Tensor = plain(self, samples)
        return found

    monkeypatch.setattr(inside, method, counted)
    made.prepare(_toys(PICTURES), None)
    real, other = torch.rand(50, 3, 16, 16), torch.rand(50, 3, 16, 16)
    first = made(real[:40], lambda count: other[:count])
    assert sum(looked) == 40
    assert made(real[:40], lambda count: other[:count]) == first
    assert sum(looked) == 60
    assert made(other[:40], lambda count: other[:count]) != first
    assert sum(looked) == 100


def _colours(samples: Tensor) -> Tensor:
    """What the small network makes of pictures in -1..1."""
    pixels = ((samples + 1) * 127.5).round()
    return (pixels / 255).mean(dim=(2, 3)) @ (torch.arange(12.0).reshape(4, 3) / 12).T


def test_scores_of_a_trained_network(
    metric: Make, sprites: tuple[Tensor, Tensor], small_network: dict[str, object]
) -> None:
    """The features are the network's, and the numbers are those of their definitions."""
    real, fake = sprites[0][:40], sprites[0][300:340] * 0.8
    ours, theirs = _colours(real), _colours(fake)

    def scores(name: str) -> Any:
        made = metric(name, **small_network)
        made.prepare(_toys(PICTURES), None)
        return made(real, lambda count: fake[:count])

    fid = scores("fid")
    expected = frechet_distance(moments(ours), moments(theirs))
    assert fid["fid"] == pytest.approx(expected, rel=1e-3)
    assert fid["features"] == "small, layer 2048"
    assert len(fid["features_hash"]) == 16
    assert (fid["real_samples"], fid["generated_samples"]) == (40, 40)
    assert scores("inception-score")["real_samples"] == 0
    assert scores("kid")["kid"] == pytest.approx(squared_discrepancy(ours, theirs), rel=1e-3)
    chances = theirs.double().softmax(dim=1).chunk(10)
    divergences = [p * (p.log() - p.mean(dim=0).log()) for p in chances]
    inception = sum(math.exp(kl.sum(dim=1).mean()) for kl in divergences) / 10
    assert scores("inception-score")["inception_score"] == pytest.approx(inception, rel=0.02)
    by_hand = prdc(ours, theirs, 3)
    found = scores("precision-recall")
    assert found["precision"] == pytest.approx(by_hand["precision"])
    assert found["recall"] == pytest.approx(by_hand["recall"])


def test_weights_that_cannot_be_had(
    metric: Make,
    small_network: dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Said before anything is generated."""

    def prepare(**options: object) -> None:
        metric("fid", **options).prepare(_toys(PICTURES), None)

    def refuse(url: str, name: str, checksum: str) -> None:
        assert name == url.rpartition("/")[2] == "weights-inception-2015-12-05-6726825d.pth"
        assert checksum == "sha256:6726825d"
        raise DataUnavailable("no network")

    monkeypatch.setattr("ganfw_plugins.metrics.weights.download", refuse)
    with pytest.raises(DataUnavailable, match="no network; a local copy is given as -s metric"):
        prepare()
    foreign = tmp_path / "foreign.pth"
    torch.save({"a": Path("x")}, foreign)
    with pytest.raises(DataError, match="can't be read as weights"):
        prepare(network="small", weights=foreign)
    torch.save({"other": torch.zeros(2)}, foreign)
    with pytest.raises(DataError, match="holds no weights of small"):
        prepare(network="small", weights=foreign)
