"""Regularisers against their formulas, by hand on small numbers."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ganfw import Loss, UsageError
from ganfw.registry.registry import Registry


def _loss(registry: Registry, name: str, **options: object) -> Loss:
    found = registry.find("loss", name)
    loss: Loss = found.load()(found.load_options()(**options))
    return loss


def _first(samples: Tensor, labels: Tensor | None = None) -> Tensor:
    """A critic that scores by the first number."""
    return samples.flatten(1)[:, 0]


def _turn(player: str, critic: Callable[..., Tensor] = _first, **given: object) -> Any:
    labels = {"labels": None, "fake_labels": None}
    return SimpleNamespace(player=player, critic=critic, step=1, **labels | given)


def _column(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float32)[:, None]


def test_lecam_pulls_scores_to_the_other_sides_average(registry: Registry) -> None:
    loss = _loss(registry, "lecam", strength=2, decay=0.75)
    turn = _turn("disc", real=_column(4, 8), fake=_column(-4, 0))
    # A quarter of the means, 6 and -2: anchors 1.5 and -0.5.
    wanted = (4.5**2 + 8.5**2) / 2 + (5.5**2 + 1.5**2) / 2
    assert loss.terms(turn)["distance"].item() == pytest.approx(2 * wanted)
    loss.terms(turn)
    assert loss.state_dict()["real_mean"].item() == pytest.approx(6 * (1 - 0.75**2))


def test_drift_is_the_square_of_real_scores(registry: Registry) -> None:
    turn = _turn("disc", real=_column(1, 3), fake=_column(9, 9))
    assert _loss(registry, "drift", strength=2).terms(turn)["square"] == 2 * (1 + 9) / 2


def test_only_the_best_k_teach_and_k_falls(registry: Registry) -> None:
    loss = _loss(registry, "top-k", decay=0.8, least=0.5)
    for step, best in ((1, [5, 1, -1, -3]), (3, [5, 1, -1]), (9, [5, 1])):
        turn = _turn("gen", real=_column(0), fake=_column(-3, 5, 1, -1))
        turn.step = step
        assert loss.terms(turn)["fake"].item() == pytest.approx(-sum(best) / len(best))
        turn.player = "disc"
        assert loss.terms(turn)["fake"].item() == pytest.approx((0 + 6 + 2 + 0) / 4)
    loss = _loss(registry, "top-k", base="least-squares", decay=0.1)
    turn = _turn("gen", real=_column(0), fake=_column(-3, 5, 1, -1))
    turn.step = 2
    assert loss.terms(turn)["fake"].item() == pytest.approx(((5 - 1) ** 2 + 0) / 2 / 2)


def test_the_critic_improves_latents_and_learns_from_how(registry: Registry) -> None:
    """G(z) = 2z and D(x) = a x²/2, a = 1: g = 4z, Δz = 0.9 · 4 / (5 + 16) where z = 1."""
    options = {"base": "wasserstein", "share": 0.5, "strength": 3}
    loss, weight = _loss(registry, "logan", **options), torch.ones((), requires_grad=True)
    labels = torch.tensor([1, 0])

    def critic(samples: Tensor, given: Tensor | None = None) -> Tensor:
        assert (given is labels) == (samples is not real)
        return weight * samples[:, 0].square() / 2

    real, step = _column(1, 1), 3.6 / 21
    turn = _turn("disc", critic, real=real, latents=_column(1, -0.5), fake_labels=labels)
    turn.forward = lambda name, latents, given: 2 * latents
    for player, sign in (("disc", 1), ("gen", -1)):
        turn.player = player
        terms = loss.terms(turn)
        # The second sample stays.
        assert terms["fake"].item() == pytest.approx(sign * (2 * (1 + step) ** 2 + 0.5) / 2)
        assert terms["step"].item() == pytest.approx(3 * step**2 / 2)
    # d/da 2a (z + Δz)², where dΔz/da = 0.9 · 4 · (5 - 16) / 21².
    (slope,) = torch.autograd.grad(-terms["fake"], weight)
    through = 4 * (1 + step) * 3.6 * (5 - 16) / 21**2
    assert slope.item() == pytest.approx((2 * (1 + step) ** 2 + through + 0.5) / 2)
    turn.forward = lambda name, latents, given: real.clone()
    with pytest.raises(UsageError, match="makes nothing of its latents"):
        loss.terms(turn)
    turn.forward = lambda name, latents, given: 2 * latents
    loss = _loss(registry, "logan", **options, bound=1)
    assert loss.terms(turn)["fake"].item() == pytest.approx(-(2 + 0.5) / 2)


def test_orthogonal_filters_cost_nothing_and_others_their_products(registry: Registry) -> None:
    network = nn.Sequential(nn.Linear(2, 3), nn.Conv2d(2, 2, 1), nn.Embedding(4, 2))
    linear, convolution, embedding = network
    linear.weight.data = torch.tensor([[1.0, 0.0], [0.0, 5.0], [2.0, 1.0]])
    convolution.weight.data = torch.tensor([[3.0, 0.0], [0.0, 7.0]])[:, :, None, None]
    turn = _turn("gen", networks={"gen": network})
    # Products of different filters: 0, 2 and 5, each counted twice.
    penalty = _loss(registry, "orthogonal", strength=0.5).terms(turn)["penalty"]
    assert penalty.item() == pytest.approx(0.5 * 2 * (0 + 4 + 25))
    penalty.backward()
    assert embedding.weight.grad is None


def test_features_match_on_average(registry: Registry) -> None:
    critic = SimpleNamespace(all=lambda samples: {"features": samples})
    real, fake = torch.tensor([[1.0, 2.0], [3.0, 0.0]]), torch.tensor([[0.0, 3.0], [0.0, 1.0]])
    turn = _turn("gen", critic, real=real, fake=fake.requires_grad_())  # type: ignore[arg-type]
    distance = _loss(registry, "feature-matching", strength=3).terms(turn)["distance"]
    assert distance.item() == pytest.approx(3 * ((2 - 0) ** 2 + (1 - 2) ** 2))


def test_modes_are_sought_by_ratios_of_distances(registry: Registry) -> None:
    latents = torch.tensor([[0.0, 0.0], [1.0, 3.0]])
    given = {"latents": latents, "fake": 5 * latents}
    turn = _turn("gen", generate=lambda z, labels: {"samples": 5 * z}, **given)
    terms = _loss(registry, "mode-seeking", strength=2).terms(turn)
    assert terms["sameness"].item() == pytest.approx(2 / 5, rel=1e-4)


def test_scores_that_transforms_keep_cost_nothing(registry: Registry) -> None:
    def height(samples: Tensor, labels: Tensor | None) -> Tensor:
        return samples.mean((1, 2, 3))

    bars = torch.rand(6, 3, 1, 1).expand(-1, -1, 8, 8)
    turn = _turn("disc", height, real=bars, fake=2 * bars)
    assert set(_loss(registry, "cr").terms(turn)) == {"real"}
    for value in _loss(registry, "bcr").terms(turn).values():
        assert value.item() == pytest.approx(0, abs=1e-9)


def test_each_picture_is_shifted_and_mirrored_by_itself(registry: Registry) -> None:
    seen: list[Tensor] = []

    def critic(samples: Tensor, labels: Tensor | None) -> Tensor:
        seen.append(samples)
        return samples[:, 0, 0, 0]

    columns = torch.arange(8.0).expand(200, 1, 8, 8)
    turn = _turn("disc", critic, real=columns, fake=columns)
    torch.manual_seed(0)
    change = _loss(registry, "cr", strength=2, shift=0.25).terms(turn)["real"]
    plain, moved = seen
    # Up to two columns to either side, mirrored or not; what moves in is the edge.
    starts = moved[:, 0, 0, 0]
    assert set(starts.tolist()) == {0.0, 1.0, 2.0, 5.0, 6.0, 7.0}
    assert torch.equal(moved[starts == 2][0, 0, 0], torch.tensor([2.0, 3, 4, 5, 6, 7, 7, 7]))
    assert change.item() == pytest.approx(2 * starts.square().mean().item())
    assert plain is columns


def test_near_latents_near_scores_but_other_samples(registry: Registry) -> None:
    latents = torch.zeros(4000, 2)
    given = {"latents": latents, "fake": 3 * latents, "real": torch.zeros(4000, 2)}
    given["generate"] = lambda z, labels: {"samples": 3 * z}
    options = {"latent_noise": 0.1, "disc": 5, "gen": 0.5}
    torch.manual_seed(0)
    for name in ("zcr", "icr"):
        loss = _loss(registry, name, **options)
        # Samples move by 0.3 in each number, and the score is one of them.
        terms = loss.terms(_turn("gen", **given))
        assert terms["variety"].item() == pytest.approx(-0.5 * 0.09, rel=0.05)
        terms = loss.terms(_turn("disc", **given))
        assert terms["latent"].item() == pytest.approx(5 * 0.09, rel=0.05)
    assert set(terms) == {"latent", "real", "fake"}
    # Points are changed by noise of 0.1, and that is the score.
    assert terms["fake"].item() == pytest.approx(10 * 0.01, rel=0.1)
