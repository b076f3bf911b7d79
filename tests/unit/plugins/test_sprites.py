"""The drawn creatures."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ganfw_plugins.sprites.creatures import draw
from ganfw_plugins.sprites.dataset import Sprites
from ganfw_plugins.sprites.options import SpritesOptions
from ganfw_plugins.sprites.plans import PLANS
from ganfw_plugins.sprites.species import make_species

Picture = NDArray[np.uint8]


def _thumbnail(picture: Picture, side: int = 4) -> NDArray[np.float64]:
    """Mean colours of ``side`` × ``side`` tiles, (3, side, side)."""
    height = picture.shape[1] // side
    return picture.reshape(3, side, height, side, height).mean(axis=(2, 4))


def test_a_picture_is_a_function_of_its_numbers() -> None:
    picture = draw(0, 3, 5)
    assert picture.shape == (3, 64, 64)
    assert picture.dtype == np.uint8
    assert np.array_equal(picture, draw(0, 3, 5))
    for other in (draw(1, 3, 5), draw(0, 4, 5), draw(0, 3, 6)):
        assert not np.array_equal(picture, other)


@pytest.mark.parametrize("plan", PLANS)
def test_every_body_plan_draws_a_creature_on_white(plan: str) -> None:
    """It has a good share of the picture, does not fill it, and is neither grey nor a mirror image
    of itself."""
    order = [make_species(0, number, tuple(PLANS)).plan for number in range(len(PLANS))]
    names = Sprites(SpritesOptions()).class_names
    assert names[order.index(plan) + len(PLANS)] == f"{plan}-2"
    for individual in range(4):
        picture = draw(0, order.index(plan), individual).astype(int)
        ink = (picture < 250).any(axis=0)
        assert 0.1 < ink.mean() < 0.7
        assert not ink[:2, :2].any()
        assert not ink[-2:, :2].any()
        assert (np.ptp(picture, axis=0) > 40).mean() > 0.02
        assert (np.abs(picture - picture[:, :, ::-1]).max(axis=0) > 40).mean() > 0.02


def test_species_differ_more_than_their_individuals() -> None:
    pages = np.array([[_thumbnail(draw(0, s, n)) for n in range(8)] for s in range(20)])
    within = pages.var(axis=1).mean()
    between = pages.mean(axis=1).var(axis=0).mean()
    assert between > within


def test_one_in_eight_is_shiny() -> None:
    """Its colours are turned: its mean colour stands apart from its species' median."""
    apart = []
    for species in range(10):
        means = np.array([draw(0, species, n).mean(axis=(1, 2)) for n in range(24)])
        apart += list(np.abs(means - np.median(means, axis=0)).max(axis=1) > 12)
    assert 0.05 < np.mean(apart) < 0.25


@pytest.mark.parametrize("size", [16, 32, 64, 96])
def test_a_creature_is_the_same_at_every_size(size: int) -> None:
    for species in range(len(PLANS)):
        large, small = _thumbnail(draw(0, species, 1, 128)), _thumbnail(draw(0, species, 1, size))
        assert np.abs(large - small).mean() < 8


def test_the_style_has_not_moved() -> None:
    """Whoever moves it raises STYLE, or caches would hold pictures of another style."""
    means = [draw(0, species, 0).mean(axis=(1, 2)).round(1).tolist() for species in (0, 1, 2)]
    assert np.allclose(means, STYLE_1, atol=0.5)


STYLE_1 = [[208.2, 222.5, 206.8], [224.2, 207.8, 211.8], [199.8, 202.0, 204.9]]


def test_as_a_dataset() -> None:
    dataset = Sprites(SpritesOptions(species=52, individuals=2))
    assert len(dataset) == 104
    assert dataset.classes == 52
    assert dataset.sample_shape == (3, 64, 64)
    labels = [dataset[index][1] for index in range(104)]
    assert labels == [*range(52), *range(52)]
    first, second = dataset[7][0], dataset[59][0]
    assert np.array_equal(first, draw(0, 7, 0))
    assert np.array_equal(second, draw(0, 7, 1))


def test_the_fingerprint_follows_the_options() -> None:
    prints = {
        Sprites(options).fingerprint()
        for options in (SpritesOptions(), SpritesOptions(seed=1), SpritesOptions(size=32))
    }
    assert len(prints) == 3
    assert Sprites(SpritesOptions()).fingerprint() == Sprites(SpritesOptions()).fingerprint()
