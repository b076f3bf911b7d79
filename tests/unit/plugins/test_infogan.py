"""InfoGAN's codes: drawn, told again, and learnt by the generator and Q alone."""

from __future__ import annotations

import copy
import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ganfw import Batch, Loss, Shapes, ShapesError, UsageError
from ganfw.config.layers import settings_layer
from ganfw.config.run_config import resolve
from ganfw.launch.build import build_game
from ganfw.registry.registry import Registry
from ganfw.sampling.latents import Latents
from ganfw.training.game import Game

CPU = torch.device("cpu")
MNIST = Shapes((1, 28, 28), (-1.0, 1.0), 0, 62)
SMALL = Shapes((1, 16, 16), (-1.0, 1.0), 0, 6)


def _build(registry: Registry, kind: str, name: str, shapes: Shapes, **options: object) -> Any:
    found = registry.find(kind, name)
    return found.load()(found.load_options()(**options), shapes)


def test_the_networks_are_the_papers(registry: Registry) -> None:
    """Appendix C.1: 74 numbers to 1024 to 7·7·128, maps of 64 and 1; 1024 features to 128 to 14."""
    gen = _build(registry, "generator", "infogan", MNIST)
    latents = gen.draw_latents(3, torch.Generator())
    made = gen(latents)
    assert made["samples"].shape == (3, 1, 28, 28)
    # Without biases before batch norm, which has two numbers for each feature or map.
    dense = 74 * 1024 + 2 * 1024 + 1024 * 7 * 7 * 128 + 2 * 128
    maps = 4 * 4 * 128 * 64 + 64 + 2 * 64 + 4 * 4 * 64 * 1 + 1
    assert sum(map(Tensor.numel, gen.parameters())) == dense + maps
    q = _build(registry, "network", "infogan-q", MNIST, features=1024)
    guess = q(torch.zeros(3, 1024))
    assert sum(map(Tensor.numel, q.parameters())) == 1024 * 128 + 2 * 128 + 128 * 14 + 14
    assert [guess[name].shape for name in ("categorical", "mean", "log_deviation")] == [
        (3, 1, 10),
        (3, 2),
        (3, 2),
    ]


def test_codes_are_drawn_from_their_distributions(registry: Registry) -> None:
    gen = _build(registry, "generator", "infogan", SMALL, variables=2, values=4, channels=4)
    latents = gen.draw_latents(4000, torch.Generator())
    made = gen(latents[:5])
    assert latents.shape == (4000, 2 * 4 + 2 + 6)
    assert torch.equal(made["categorical"].flatten(1), latents[:5, :8])
    assert torch.equal(made["continuous"], latents[:5, 8:10])
    chosen, numbers = latents[:, :8].view(-1, 2, 4), latents[:, 8:10]
    assert torch.equal(chosen.sum(2), torch.ones(4000, 2))
    assert (chosen.mean(0) - 1 / 4).abs().max() < 0.03
    assert (numbers.mean().abs() < 0.03) & (numbers.abs().max() <= 1)
    assert numbers.var().item() == pytest.approx(1 / 3, rel=0.05)
    for kind, name in (("generator", "infogan"), ("network", "infogan-q")):
        with pytest.raises(ShapesError, match="it has no codes"):
            _build(registry, kind, name, SMALL, variables=0, continuous=0)


def _information(registry: Registry, guess: dict[str, Tensor], codes: dict[str, Tensor]) -> Any:
    found = registry.find("loss", "infogan")
    loss: Loss = found.load()(found.load_options()(categorical=2, continuous=0.5))
    critic = SimpleNamespace(all=lambda samples: {"features": samples})
    return loss.terms(
        SimpleNamespace(  # type: ignore[arg-type]
            player="gen", critic=critic, fake=torch.zeros(1, 2), generated=codes,
            forward=lambda name, features: guess,
        )
    )  # fmt: skip


def test_the_loss_is_the_codes_improbability(registry: Registry) -> None:
    guess = {"categorical": torch.tensor([[[0.0, 1.0]], [[2.0, 0.0]]]),
             "mean": torch.tensor([[1.0], [0.0]]),
             "log_deviation": torch.tensor([[math.log(2)], [0.0]])}  # fmt: skip
    codes = {"categorical": torch.tensor([[[0.0, 1.0]], [[0.0, 1.0]]]),
             "continuous": torch.tensor([[0.0], [0.5]])}  # fmt: skip
    terms = _information(registry, guess, codes)
    wrong = math.log(1 + math.exp(-1)) + math.log(1 + math.exp(2))
    assert terms["categorical"].item() == pytest.approx(2 * wrong / 2)
    densities = [math.exp(-((1 / 2) ** 2) / 2) / 2, math.exp(-(0.5**2) / 2)]
    errors = [-math.log(density / math.sqrt(2 * math.pi)) for density in densities]
    assert terms["continuous"].item() == pytest.approx(0.5 * sum(errors) / 2)
    none = {"categorical": torch.zeros(2, 0, 2), "continuous": codes["continuous"]}
    with pytest.raises(UsageError, match="other codes"):
        _information(registry, guess, none)
    assert set(_information(registry, {**guess, "categorical": none["categorical"]}, none)) == {
        "continuous"
    }


def _game(registry: Registry, features: int = 16) -> Game:
    words = (
        "gen.use=infogan gen.channels=4 disc.use=dcgan disc.channels=8 disc.head=features "
        f"network.q.use=infogan-q network.q.features={features} data.use=sprites "
        "loss.nonsaturating.use=nonsaturating loss.r1.use=r1 loss.infogan.use=infogan "
        "disc.norm=none train.precision=float32"
    )
    settings = dict(word.split("=") for word in words.split())
    return build_game(resolve(registry, [settings_layer(settings, "test")]), SMALL, CPU)


def _step(game: Game, number: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The logged terms, and the weights of Q."""
    torch.manual_seed(number)
    batch = Batch(torch.rand(8, *SMALL.sample) * 2 - 1, None)
    losses = game.step([batch], Latents(game.gen.network, SMALL, number, CPU), number=number)
    q: nn.Module = game.players["q"].network
    return losses.terms, copy.deepcopy(q.state_dict())


def test_q_learns_in_the_generators_turn_and_resumes_exactly(registry: Registry) -> None:
    game, again = _game(registry), _game(registry)
    terms, first = _step(game, 1)
    named = {name for name in terms if "infogan" in name}
    assert named == {"G/infogan.categorical", "G/infogan.continuous"}
    assert abs(terms["G/infogan.categorical"].item() - math.log(10)) < 0.7  # chance, among ten
    again.load_state_dict(copy.deepcopy(game.state_dict()))
    _, second = _step(game, 2)
    torch.testing.assert_close(_step(again, 2)[1], second, rtol=0, atol=0)
    assert not [name for name in second if torch.equal(first[name], second[name])]
    with pytest.raises(ShapesError, match=r"network.q.features=16$"):
        _step(_game(registry, features=8), 1)
