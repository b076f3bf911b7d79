"""The points of the book's first GAN, and its two small networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from ganfw import Shapes
from ganfw_plugins.gaussian.dataset import Gaussian
from ganfw_plugins.gaussian.model import MLP, Linear
from ganfw_plugins.gaussian.options import GaussianOptions, LinearOptions, MLPOptions

POINTS = Shapes((2,), None, 0, 2)


def test_the_books_gaussian() -> None:
    assert len(Gaussian(GaussianOptions())) == 1000
    points = Gaussian(GaussianOptions(count=200_000)).points
    A = np.array([[1, 2], [-0.1, 0.5]])
    assert np.allclose(points.mean(0), [1, 2], atol=0.02)
    assert np.allclose(np.cov(points.T), A.T @ A, atol=0.03)


def test_points_are_a_function_of_the_options() -> None:
    options = GaussianOptions(count=5, A=((1.0, 0.0, 0.0),), b=(0.0, 1.0, 2.0))
    dataset = Gaussian(options)
    assert dataset.sample_shape == (3,)
    assert dataset.fingerprint() == Gaussian(options).fingerprint()
    assert dataset.fingerprint() != Gaussian(options.model_copy(update={"seed": 1})).fingerprint()
    with pytest.raises(ValidationError, match="each row of A must be as long as b"):
        GaussianOptions(b=(1.0,))


def test_the_books_networks() -> None:
    gen, disc = Linear(LinearOptions(), POINTS), MLP(MLPOptions(), POINTS)
    assert [tuple(weight.shape) for weight in gen.parameters()] == [(2, 2), (2,)]
    shapes = [tuple(weight.shape) for weight in disc.parameters()]
    assert shapes == [(5, 2), (5,), (3, 5), (3,), (1, 3), (1,)]
    assert disc(gen(torch.randn(7, 2))).shape == (7,)
    assert len(list(MLP(MLPOptions(hidden=()), POINTS).parameters())) == 2


def test_a_first_layer_of_its_own_spread() -> None:
    torch.manual_seed(0)
    first, second, _ = MLP(MLPOptions(hidden=(999, 999), first_std=2.0), POINTS).layers[::2]
    assert first.weight.std().item() == pytest.approx(2.0, rel=0.1)
    assert first.bias.std().item() == pytest.approx(2.0, rel=0.1)
    assert second.weight.std().item() == pytest.approx(0.02, rel=0.1)


@pytest.mark.parametrize("features", [1, 2, 3])
def test_a_scatter_of_any_number_of_features(features: int) -> None:
    dataset = Gaussian(GaussianOptions(A=((1.0,) * features,), b=(0.0,) * features))
    samples = torch.randn(10, features)
    with_real = dataset.preview(samples, torch.randn(10, features))
    assert with_real.size == (400, 400)
    assert with_real.tobytes() != dataset.preview(samples).tobytes()
