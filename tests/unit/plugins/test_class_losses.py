"""Losses of classes against their formulas, by hand on small numbers."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from ganfw import Loss
from ganfw.registry.registry import Registry
from ganfw.training.schedules import option


def _loss(registry: Registry, name: str, **options: object) -> Loss:
    found = registry.find("loss", name)
    loss: Loss = found.load()(found.load_options()(**options))
    return loss


def _turn(player: str, output: dict[str, Tensor], labels: Tensor) -> Any:
    """A turn whose samples are numbers of rows of ``output``; the fake ones in reverse."""
    critic = SimpleNamespace(all=lambda samples: {k: v[samples] for k, v in output.items()})
    rows = torch.arange(len(labels))
    return SimpleNamespace(player=player, critic=critic, real=rows, fake=rows.flip(0),
                           labels=labels, fake_labels=labels.flip(0))  # fmt: skip


def test_the_auxiliary_classifier_is_a_cross_entropy(registry: Registry) -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]])
    wanted = (math.log(1 + math.e + math.e**2) - 1 + math.log(math.e**3 + 2) - 3) / 2
    output, labels = {"classes": logits}, torch.tensor([1, 0])
    loss = _loss(registry, "auxiliary-classifier", strength=2)
    for player, names in (("disc", {"real", "fake"}), ("gen", {"fake"})):
        terms = loss.terms(_turn(player, output, labels))
        assert set(terms) == names
        assert [value.item() for value in terms.values()] == pytest.approx(
            [2 * wanted] * len(names)
        )
    loss = _loss(registry, "auxiliary-classifier", fake=False)
    assert set(loss.terms(_turn("disc", output, labels))) == {"real"}


def _log_share(logits: list[float], index: int) -> float:
    """The logarithm of the softmax of ``logits`` at ``index``."""
    return logits[index] - math.log(sum(map(math.exp, logits)))


def test_a_twin_learns_from_fakes_and_the_generator_against_it(registry: Registry) -> None:
    output = {"classes": torch.tensor([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]]),
              "twin_classes": torch.tensor([[1.0, 1.0, 0.0], [0.0, 2.0, 0.0]])}  # fmt: skip
    labels = torch.tensor([1, 0])
    own = -(_log_share([0, 1, 2], 1) + _log_share([3, 0, 0], 0)) / 2
    twin = -(_log_share([1, 1, 0], 1) + _log_share([0, 2, 0], 0)) / 2
    loss = _loss(registry, "tac", strength=2)
    for player, wanted in (
        ("disc", {"real": 2 * own, "fake": 2 * own, "twin": 2 * twin}),
        ("gen", {"fake": 2 * own, "twin": -2 * twin}),
    ):
        terms = loss.terms(_turn(player, output, labels))
        assert {name: value.item() for name, value in terms.items()} == pytest.approx(wanted)
    option(loss, "strength")(0.0)
    assert not any(value.item() for value in loss.terms(_turn("disc", output, labels)).values())


def test_real_and_fake_classes_share_a_softmax(registry: Registry) -> None:
    output = {"classes": torch.tensor([[0.0, 1.0], [3.0, 0.0]]),
              "twin_classes": torch.tensor([[2.0, 0.5], [1.0, 0.0]])}  # fmt: skip
    labels = torch.tensor([1, 0])
    loss = _loss(registry, "adc", strength=2)
    first, second = [0, 1, 2, 0.5], [3, 0, 1, 0]
    real = -(_log_share(first, 1) + _log_share(second, 0)) / 2
    fake = -(_log_share(first, 3) + _log_share(second, 2)) / 2
    terms = loss.terms(_turn("disc", output, labels))
    found = {name: value.item() for name, value in terms.items()}
    assert found == pytest.approx({"real": 2 * real, "fake": 2 * fake})
    # The generator's: what normalises drops out. 0.5 - 1 and 1 - 3.
    (value,) = loss.terms(_turn("gen", output, labels)).values()
    assert value.item() == pytest.approx(2 * (0.5 - 1 + 1 - 3) / 2)


def test_margins_between_classes_and_the_class_of_fakes(registry: Registry) -> None:
    output = {"classes": torch.tensor([[2.0, 0.5], [3.0, 0.0]]),
              "fake_class": torch.tensor([1.75, -1.0])}  # fmt: skip
    labels, loss = torch.tensor([0, 1]), _loss(registry, "multi-hinge", gen=0.5)
    # Own classes lead by 0.25 and -3, the class of fakes by -0.25 and -4.
    terms = loss.terms(_turn("disc", output, labels))
    found = {name: value.item() for name, value in terms.items()}
    assert found == pytest.approx({"real": (0.75 + 4) / 2, "fake": (1.25 + 5) / 2})
    (value,) = loss.terms(_turn("gen", output, labels)).values()
    assert value.item() == pytest.approx(0.5 * (0.75 + 4) / 2)
    output["classes"][1] = torch.tensor([0.0, 1.5])  # a lead of 1.5 costs nothing
    assert loss.terms(_turn("disc", output, labels))["real"].item() == pytest.approx(0.75 / 2)


EMBEDDINGS = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
PROXIES = torch.tensor([[0.8, 0.6], [0.8, 0.6], [0.0, 1.0]])
"""Of classes 0, 0 and 1. Similarities to the own proxy: 0.8, 0.96, 1; of samples 0 and 1: 0.6, of
0 and 2: 0, of 1 and 2: 0.8."""


@pytest.mark.parametrize("player", ["disc", "gen"])
def test_contrasts_between_samples_and_classes(registry: Registry, player: str) -> None:
    output, labels = {"embeddings": EMBEDDINGS, "proxies": PROXIES}, torch.tensor([0, 0, 1])
    turn = _turn(player, output, labels)

    def e(similarity: float) -> float:
        return math.exp(similarity / 0.5)

    (value,) = _loss(registry, "2c", temperature=0.5, strength=3).terms(turn).values()
    shares = [(e(0.8) + e(0.6)) / (e(0.8) + e(0.6) + e(0)),
              (e(0.96) + e(0.6)) / (e(0.96) + e(0.6) + e(0.8)),
              e(1) / (e(1) + e(0) + e(0.8))]  # fmt: skip
    assert value.item() == pytest.approx(-3 * sum(map(math.log, shares)) / 3, rel=1e-5)

    options = {"temperature": 0.5, "near": 0.9, "far": 0.1}
    (value,) = _loss(registry, "d2d-ce", **options).terms(turn).values()
    # Beyond the margins nothing counts: 0.96 and 1 are near, and 0 is far.
    shares = [e(-0.1) / (e(-0.1) + e(0)), e(0) / (e(0) + e(0.7)), e(0) / (e(0) + e(0) + e(0.7))]
    assert value.item() == pytest.approx(-sum(map(math.log, shares)) / 3, rel=1e-5)
