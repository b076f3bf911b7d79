"""Every critic that can heed classes has every head, which trains and resumes exactly."""

from __future__ import annotations

import copy

import pytest
import torch

from ganfw import Batch, Shapes
from ganfw.config.layers import settings_layer
from ganfw.config.run_config import resolve
from ganfw.launch.build import build_game
from ganfw.registry.registry import Registry
from ganfw.sampling.latents import Latents
from ganfw.training.game import Game

CPU = torch.device("cpu")
SHAPES = Shapes((3, 8, 8), (-1.0, 1.0), 3, 6)
CRITICS = {
    "resnet": "resnet disc.channels=2",
    "sagan": "sagan disc.channels=2 disc.spectral_norm=false disc.norm=layer",
    "biggan": "biggan disc.channels=2",
    "biggan-deep": "biggan disc.channels=4 disc.deep=true",
    "stylegan2": "stylegan2 disc.channel_max=8 disc.mapping_layers=2",
    "r3gan": "r3gan disc.channels=8 disc.blocks=1",
    "compact": "compact disc.channels=8",
    "dcgan": "dcgan disc.channels=8 disc.norm=none disc.spectral=true",
}
LOSSES = {
    "projection": ("feature-matching",),
    "features": ("feature-matching",),
    "multi-output": ("feature-matching",),
    "classes": ("auxiliary-classifier",),
    "twin-classes": ("tac", "adc"),
    "fake-class": ("multi-hinge",),
    "embeddings": ("2c", "d2d-ce"),
}


def _game(registry: Registry, critic: str, head: str) -> Game:
    words = f"{critic} disc.head={head} gen.use=dcgan gen.channels=8 data.use=sprites"
    settings = dict(word.split("=") for word in f"disc.use={words}".split())
    losses = ("hinge", "r1", *LOSSES[head])
    settings |= {f"loss.{name}.use": name for name in losses} | {"train.precision": "float32"}
    return build_game(resolve(registry, [settings_layer(settings, "test")]), SHAPES, CPU)


def _step(game: Game, batch: Batch, number: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(number)
    game.step([batch], Latents(game.gen.network, SHAPES, number, CPU), number=number)
    return copy.deepcopy(game.disc.network.state_dict())


@pytest.mark.parametrize("head", LOSSES)
@pytest.mark.parametrize("critic", CRITICS)
def test_every_head_of_every_critic(registry: Registry, critic: str, head: str) -> None:
    """Two steps, of which a penalty differentiates twice; the second one again, in a new game."""
    game, again = (_game(registry, CRITICS[critic], head) for _ in range(2))
    batch = Batch(torch.rand(4, *SHAPES.sample) * 2 - 1, torch.tensor([0, 1, 2, 2]))
    first = _step(game, batch, 1)
    again.load_state_dict(copy.deepcopy(game.state_dict()))
    second = _step(game, batch, 2)
    torch.testing.assert_close(_step(again, batch, 2), second, rtol=0, atol=0)
    learnt = [name for name in second if "class_head" in name]
    assert bool(learnt) == (head not in ("features", "multi-output", "fake-class"))
    assert not [name for name in learnt if torch.equal(first[name], second[name])]
    assert game.disc.network(batch.samples, batch.labels)["features"].requires_grad
