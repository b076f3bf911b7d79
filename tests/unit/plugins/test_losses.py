"""Every loss against its formula, computed by hand on fixed scores."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from ganfw.interfaces.loss import Loss
from ganfw.registry.registry import Registry

REAL, FAKE = [2.0, -1.0], [0.5, -3.0]


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _share(x: float, others: list[float]) -> float:
    """Of x in a softmax."""
    return math.exp(x) / (math.exp(x) + sum(map(math.exp, others)))


FORMULAS = {
    "nonsaturating": (
        _mean([-math.log(_sigmoid(x)) for x in REAL]) / 2
        + _mean([-math.log(1 - _sigmoid(x)) for x in FAKE]) / 2,
        _mean([-math.log(_sigmoid(x)) for x in FAKE]),
    ),
    "minimax": (
        _mean([-math.log(_sigmoid(x)) for x in REAL]) / 2
        + _mean([-math.log(1 - _sigmoid(x)) for x in FAKE]) / 2,
        _mean([math.log(1 - _sigmoid(x)) for x in FAKE]),
    ),
    "least-squares": (
        _mean([(x - 1) ** 2 for x in REAL]) / 2 + _mean([x**2 for x in FAKE]) / 2,
        _mean([(x - 1) ** 2 for x in FAKE]) / 2,
    ),
    "hinge": (
        _mean([max(0, 1 - x) for x in REAL]) + _mean([max(0, 1 + x) for x in FAKE]),
        -_mean(FAKE),
    ),
    "rpgan": (
        _mean([-math.log(_sigmoid(r - f)) for r, f in zip(REAL, FAKE, strict=True)]),
        _mean([-math.log(_sigmoid(f - r)) for r, f in zip(REAL, FAKE, strict=True)]),
    ),
    "wasserstein": (_mean(FAKE) - _mean(REAL), -_mean(FAKE)),
    # Means 0.5 and -1.25: real scores lead by 3.25 and 0.25, generated ones lag by 0 and 3.5.
    "relativistic-average": (
        _mean([-math.log(_sigmoid(x)) for x in (3.25, 0.25)])
        + _mean([-math.log(_sigmoid(x)) for x in (0.0, 3.5)]),
        _mean([-math.log(_sigmoid(-x)) for x in (3.25, 0.25)])
        + _mean([-math.log(_sigmoid(-x)) for x in (0.0, 3.5)]),
    ),
    "relativistic-average base=hinge": ((0 + 0.75) / 2 + (1 + 0) / 2, (4.25 + 1.25 + 1 + 4.5) / 2),
    "relativistic-average base=least-squares": (
        (2.25**2 + 0.75**2 + 1 + 2.5**2) / 2,
        (4.25**2 + 1.25**2 + 1 + 4.5**2) / 2,
    ),
    "dual-contrastive": (
        _mean([-math.log(_share(x, FAKE)) for x in REAL])
        + _mean([-math.log(_share(-x, [-y for y in REAL])) for x in FAKE]),
        _mean([-math.log(_share(x, REAL)) for x in FAKE])
        + _mean([-math.log(_share(-x, [-y for y in FAKE])) for x in REAL]),
    ),
}


def _loss(registry: Registry, name: str) -> Loss:
    """The loss ``name``, which options may follow."""
    name, *options = name.split()
    found = registry.find("loss", name)
    given = dict(option.split("=") for option in options)
    loss: Loss = found.load()(found.load_options()(**given))
    return loss


def _identity(samples: Tensor) -> Tensor:
    return samples


@pytest.mark.parametrize("name", FORMULAS)
def test_formula(registry: Registry, name: str) -> None:
    loss = _loss(registry, name)
    real, fake = torch.tensor(REAL), torch.tensor(FAKE)
    found_d = sum(loss.discriminator_terms(_identity, real, fake).values())
    found_g = sum(loss.generator_terms(_identity, real, fake).values())
    assert (float(found_d), float(found_g)) == pytest.approx(FORMULAS[name], rel=1e-5)


@pytest.mark.parametrize("name", FORMULAS)
def test_finite_for_extreme_scores(registry: Registry, name: str) -> None:
    loss = _loss(registry, name)
    real, fake = torch.tensor([-1e4, 1e4]), torch.tensor([1e4, -1e4])
    for player_terms in (loss.discriminator_terms, loss.generator_terms):
        terms = player_terms(_identity, real, fake)
        assert all(torch.isfinite(value) for value in terms.values())


@pytest.mark.parametrize("name", ["r1", "r2", "gradient-penalty", "max-gradient-penalty", "dragan",
                                  "lecam", "drift", "cr", "bcr"])  # fmt: skip
def test_penalties_are_the_discriminators_alone(registry: Registry, name: str) -> None:
    points = torch.randn(4, 2, requires_grad=True)
    turn = SimpleNamespace(player="gen", critic=lambda x: x.sum(1), real=points, fake=points)
    assert _loss(registry, name).terms(turn) == {}


def test_penalties_of_a_quadratic_critic(registry: Registry) -> None:
    # D(x) = |x|²/2 has gradient x: R1 is gamma/2 · mean |x|².
    points = torch.tensor([[3.0, 4.0], [0.0, 1.0]], requires_grad=True)
    terms = _loss(registry, "r1").discriminator_terms(
        lambda x: x.square().sum(1) / 2, points, points
    )
    assert terms["penalty"].item() == pytest.approx(10 / 2 * (25 + 1) / 2)
    # R2 is the same of the generated samples, whatever the real ones.
    fake = torch.tensor([[0.0, 2.0], [1.0, 2.0]], requires_grad=True)
    terms = _loss(registry, "r2").discriminator_terms(lambda x: x.square().sum(1) / 2, points, fake)
    assert terms["penalty"].item() == pytest.approx(10 / 2 * (4 + 5) / 2)

    # Between equal real and fake points lie those points: strength · mean (|x| - 1)².
    def critic(samples: Tensor, labels: None = None) -> Tensor:
        return samples.square().sum(1) / 2

    turn = SimpleNamespace(player="disc", critic=critic, real=points, fake=points, labels=None)
    terms = _loss(registry, "gradient-penalty").terms(turn)
    assert terms["penalty"].item() == pytest.approx(10 * ((5 - 1) ** 2 + 0) / 2)
    terms = _loss(registry, "max-gradient-penalty strength=3").terms(turn)
    assert terms["penalty"].item() == pytest.approx(3 * 25)
    terms = _loss(registry, "dragan noise=0 target=2").terms(turn)
    assert terms["penalty"].item() == pytest.approx(10 * ((5 - 2) ** 2 + (1 - 2) ** 2) / 2)


def test_dragan_looks_around_real_samples_as_far_as_they_vary(registry: Registry) -> None:
    seen = []

    def critic(samples: Tensor, labels: None) -> Tensor:
        seen.append(samples.detach())
        return samples.sum(1)

    real = torch.full((2000, 2), 3.0)
    real[:, 1] = -1.0  # of deviation 2
    turn = SimpleNamespace(player="disc", critic=critic, real=real, fake=real, labels=None)
    torch.manual_seed(0)
    _loss(registry, "dragan noise=0.25").terms(turn)
    assert (seen[0] - real).std().item() == pytest.approx(0.25 * 2, rel=0.05)
    assert (seen[0] - real).mean().item() == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("name", ["r1", "r2"])
def test_a_relative_penalty_does_not_know_the_datas_scale(registry: Registry, name: str) -> None:
    found = registry.find("loss", name)
    loss = found.load()(found.load_options()(gamma=2.0, relative=True))
    penalties = []
    for scale in (1.0, 5.0):
        real = (torch.tensor([[1.0, 3.0], [3.0, 7.0]]) * scale).requires_grad_()
        fake = (torch.tensor([[2.0, 2.0], [0.0, 1.0]]) * scale).requires_grad_()
        terms = loss.discriminator_terms(lambda x, c=scale: 3 * x.sum(1) / c, real, fake)
        penalties.append(terms["penalty"].item())
    # Variances 1 and 4; the gradient's square is 9 + 9.
    assert penalties == pytest.approx([2.0 / 2 * (1 + 4) * 18] * 2)
