"""Metrics shown samples that were made worse, by noise, blur and dropped modes, and samples that
are memorized: what each of them claims to notice, and what none of them does."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from ganfw import Metric
from ganfw.interfaces.shapes import Shapes
from ganfw.testing.toys import ToyDataset, ToySamples

Make = Callable[..., Metric]
Sprites = tuple[Tensor, Tensor]
Change = Callable[[Tensor], Tensor]
Judge = Callable[[str, Change], Any]
PICTURES = Shapes((3, 32, 32), (-1.0, 1.0), 6, 5)
TRAINED = ("fid", "kid", "inception-score", "precision-recall")
UNTRAINED = ("random-kid", "random-frechet", "random-prdc", "swd", "c2st", "mode-coverage")


def _normal(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed))


def _new(samples: Tensor) -> Tensor:
    """As good as a perfect generator's."""
    return samples


def _training_data(samples: Tensor) -> Tensor:
    """The real samples given back."""
    return samples


def _blur(samples: Tensor) -> Tensor:
    return interpolate(avg_pool2d(samples, 4), scale_factor=4.0)


def _noise(samples: Tensor) -> Tensor:
    return (samples + 0.4 * _normal(*samples.shape)).clamp(-1, 1)


def _one_mode(samples: Tensor) -> Tensor:
    """Sprites take turns: every sixth is of the same species."""
    return samples[::6].repeat(6, 1, 1, 1)


def _half_the_modes(samples: Tensor) -> Tensor:
    return samples[torch.arange(len(samples)) % 6 < 3].repeat(2, 1, 1, 1)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Weights of the small network, by metric: with them it sees how red, green or blue a picture
    is, and how bright; the Inception score asks for the colour alone."""
    folder = tmp_path_factory.mktemp("seeing")
    colours = [[18.0, -18, 0], [0, 18, -18], [-18, 0, 18]]
    for name, last in (("bright", [6.0, 6, 6]), ("colour", [0.0, 0, 0])):
        save_file(
            {"colours.weight": torch.tensor([*colours, last])}, folder / f"{name}.safetensors"
        )
    files = dict.fromkeys(TRAINED, folder / "bright.safetensors")
    return files | {"inception-score": folder / "colour.safetensors"}


FASTER = {"c2st": {"epochs": 30}, "swd": {"directions": 64}}


@pytest.fixture(scope="module")
def judge(
    metric: Make, sprites: Sprites, small_network: dict[str, object], weights: dict[str, Path]
) -> Judge:
    """``judge("swd", _blur)``: all scores of 300 new sprites, changed so, beside 300 real ones."""
    samples, labels = sprites

    @functools.cache
    def scores(name: str, change: Change) -> Any:
        options = {**small_network, "weights": weights[name]} if name in TRAINED else {}
        made = metric(name, **{**options, **FASTER.get(name, {}), "samples": 300})
        made.prepare(ToyDataset(PICTURES), labels[:300])
        fake = samples[:300] if change is _training_data else change(samples[300:])
        return made(samples[:300], ToySamples(fake))

    return scores


# A metric, a score of its, what it is shown, and how many times worse that must be than new
# sprites: for a distance, a multiple of theirs; for a share, as many times further from 1.
NOTICED = [
    ("random-kid", "random_kid", _blur, 20.0),
    ("random-kid", "random_kid", _noise, 20.0),
    ("random-kid", "random_kid", _one_mode, 20.0),
    ("random-kid", "random_kid", _half_the_modes, 10.0),
    ("random-frechet", "random_frechet", _blur, 5.0),
    ("random-frechet", "random_frechet", _noise, 10.0),
    ("random-frechet", "random_frechet", _one_mode, 10.0),
    ("random-frechet", "random_frechet", _half_the_modes, 5.0),
    ("swd", "swd", _blur, 3.0),
    ("swd", "swd", _noise, 3.0),
    ("swd", "swd", _one_mode, 3.0),
    ("swd", "swd", _half_the_modes, 2.0),
    ("fid", "fid", _noise, 50.0),
    ("fid", "fid", _one_mode, 50.0),
    ("fid", "fid", _half_the_modes, 20.0),
    ("kid", "kid", _noise, 20.0),
    ("kid", "kid", _one_mode, 20.0),
    ("kid", "kid", _half_the_modes, 5.0),
]
LOST = [
    ("random-prdc", "random_precision", _blur, 0.3),
    ("random-prdc", "random_precision", _noise, 0.1),
    ("random-prdc", "random_density", _blur, 0.2),
    ("random-prdc", "random_density", _noise, 0.1),
    ("random-prdc", "random_recall", _one_mode, 0.1),
    ("random-prdc", "random_recall", _half_the_modes, 0.6),
    ("random-prdc", "random_coverage", _one_mode, 0.2),
    ("random-prdc", "random_coverage", _half_the_modes, 0.6),
    ("precision-recall", "precision", _noise, 0.3),
    ("precision-recall", "recall", _one_mode, 0.1),
    ("precision-recall", "recall", _half_the_modes, 0.6),
    ("mode-coverage", "mode_coverage", _noise, 0.2),
    ("mode-coverage", "mode_coverage", _half_the_modes, 0.51),
    ("mode-coverage", "in_modes", _noise, 0.1),
    ("mode-coverage", "in_modes", _blur, 0.8),
]
KEPT = [
    ("random-prdc", "random_precision", _half_the_modes),
    ("random-prdc", "random_density", _half_the_modes),
    ("precision-recall", "precision", _half_the_modes),
    ("mode-coverage", "in_modes", _half_the_modes),
]


@pytest.mark.parametrize(("name", "score", "change", "times"), NOTICED)
def test_distances_grow(judge: Judge, name: str, score: str, change: Change, times: float) -> None:
    assert judge(name, change)[score] > times * abs(judge(name, _new)[score])


@pytest.mark.parametrize(("name", "score", "change", "left"), LOST)
def test_shares_fall(judge: Judge, name: str, score: str, change: Change, left: float) -> None:
    perfect = judge(name, _new)[score]
    assert perfect > 0.9
    assert judge(name, change)[score] < left * perfect


@pytest.mark.parametrize(("name", "score", "change"), KEPT)
def test_what_is_left_of_the_modes_is_as_good(
    judge: Judge, name: str, score: str, change: Change
) -> None:
    """Precision, density: they speak of what is made, not of what is left out."""
    perfect = judge(name, _new)[score]
    assert judge(name, change)[score] == pytest.approx(perfect, rel=0.1)


@pytest.mark.parametrize(
    ("change", "least"), [(_blur, 0.95), (_noise, 0.95), (_one_mode, 0.9), (_half_the_modes, 0.65)]
)
def test_a_classifier_tells(judge: Judge, change: Change, least: float) -> None:
    assert judge("c2st", _new)["c2st"] < 0.56
    scores = judge("c2st", change)
    assert scores["c2st"] > least
    assert scores["c2st_p"] < 1e-4


def test_the_inception_score_misses_variety(judge: Judge) -> None:
    new, one = (judge("inception-score", it)["inception_score"] for it in (_new, _one_mode))
    assert new - 1 > 2 * (one - 1)


@pytest.mark.parametrize("name", [*UNTRAINED, *TRAINED])
def test_no_metric_notices_memorization(judge: Judge, metric: Make, name: str) -> None:
    """Training data given back scores as well as new sprites or better, as every docstring says:
    scores are against the training data. What shows it is ``evaluate --nearest``."""
    main, sign = metric(name).main, 1 if metric(name).lower_is_better else -1
    new, memorized = (judge(name, change)[main] for change in (_new, _training_data))
    assert sign * memorized <= sign * new + 0.01 * abs(new)
    text = " ".join((type(metric(name)).__doc__ or "").split())
    assert "emorization is not noticed" in text


def test_a_gaussian_that_is_spoilt(metric: Make) -> None:
    real, new = _normal(2000, 2), _normal(2000, 2, seed=1)
    half = new[new[:, 0] > 0].repeat(2, 1)
    spoilt = {
        "moved": new + 0.5,
        "noise": new + 0.5 * _normal(2000, 2, seed=2),
        "shrunk": 0.7 * new,
        "half of it": half,
        "a line": new[:, :1].repeat(1, 2),
        "one point": new[:1].repeat(2000, 1),
    }

    def score(fake: Tensor) -> float:
        gaussian = metric("frechet-gaussian", samples=2000)
        found: float = gaussian(real, lambda count: fake[:count])["frechet_gaussian"]
        return found

    perfect = score(new)
    assert perfect < 0.01
    for name, fake in spoilt.items():
        assert score(fake) > 5 * perfect, name
    assert score(real) <= perfect  # memorized
