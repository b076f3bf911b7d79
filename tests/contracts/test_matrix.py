"""Every component trains with every other that fits: the matrix of all that is registered, each at
its smallest. What does not fit is refused in one line. A new plugin joins by itself."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from click.testing import Result

from ganfw import Batch, GanfwError, Shapes, ShapesError, UsageError
from ganfw.config.layers import Layer
from ganfw.config.run_config import resolve
from ganfw.interfaces.networks import draw_latents
from ganfw.launch.build import build_game
from ganfw.registry.discovery import discover
from ganfw.registry.registry import Registered
from ganfw.testing.toys import random_samples, toy_labels
from ganfw.training.dry_run import dry_run
from ganfw.training.game import Game

Tree = dict[str, Any]

REGISTRY = discover()
COUNT, CPU, GAME = 4, torch.device("cpu"), "nonsaturating"
KINDS = {
    "points": Shapes((2,), None, 3, 8),
    "pictures": Shapes((3, 16, 16), (-1.0, 1.0), 3, 8),
    "pictures of pictures": Shapes((3, 16, 16), (-1.0, 1.0), 0, 8, (3, 16, 16)),
}
"""The kinds of data. Components take the first that they fit."""

KINDS_OF_NETWORKS = ("generator", "discriminator", "network")

GIVEN: dict[str, Tree] = {
    "projected": {"features": "random"},
    "r3gan": {"channels": 4},
    "mlp": {"hidden": [4]},
    "infogan": {"continuous": 1},
    "infogan-q": {"continuous": 1, "features": 16},
    "resnet": {"channels": 4},
    "sagan": {"channels": 4},
}
"""Options without which a component needs a package, is wide, or so narrow that its last ReLU may
let nothing through."""

GIVES: dict[str, Tree] = {
    "labels": {},
    "labels.paired": {"gen": {"use": "unet"}},
    "disc.classes": {"disc": {"use": "dcgan", "head": "classes"}},
    "disc.twin_classes": {"disc": {"use": "dcgan", "head": "twin-classes"}},
    "disc.fake_class": {"disc": {"use": "dcgan", "head": "fake-class"}},
    "disc.embeddings": {"disc": {"use": "dcgan", "head": "embeddings"}},
    "disc.proxies": {"disc": {"use": "dcgan", "head": "embeddings"}},
    "disc.features": {"disc": {"use": "dcgan", "head": "features"}},
    "disc.decoded": {"disc": {"use": "fastgan"}},
    "disc.targets": {"disc": {"use": "fastgan"}},
    "gen.w": {"gen": {"use": "stylegan2"}},
    "gen.categorical": {"gen": {"use": "infogan"}},
    "gen.continuous": {"gen": {"use": "infogan"}},
    "network.q": {"network": {"q": {"use": "infogan-q"}}},
    "network.back": {"gen": {"use": "translator"}, "network": {"back": {"use": "translator"}}},
    "network.disc-a": {"network": {"disc-a": {"use": "dcgan", "side": "disc"}}},
}
"""What gives a loss that which it ``needs``, in place of a DCGAN and beside it."""


def _names(kind: str) -> list[str]:
    return [found.name for found in REGISTRY.components(kind)]


@functools.cache
def _smallest(kind: str, name: str) -> dict[str, Any]:
    """Every whole number among a component's options at its lower bound."""
    found: Registered = REGISTRY.find(kind, name)
    bounds = {
        option: limit.ge
        for option, field in found.load_options().model_fields.items()
        if type(field.default) is int
        for limit in field.metadata
        if hasattr(limit, "ge")
    }
    return {**bounds, **GIVEN.get(name, {})}


def _game(shapes: Shapes, gen: Tree, disc: Tree, **more: Tree) -> Game:
    """What `ganfw run` builds and checks before it trains. Raises GanfwError."""
    further = {name: {**_smallest(kind, it["use"]), **it}
               for name, it in more.pop("network", {}).items()
               for kind in KINDS_OF_NETWORKS if REGISTRY.has(kind, it["use"])}  # fmt: skip
    tree = {
        "data": {"use": "gaussian"},
        "gen": {**_smallest("generator", gen["use"]), **gen},
        "disc": {**_smallest("discriminator", disc["use"]), **disc},
        "network": further,
        "loss": {GAME: {"use": GAME}},
        **more,
    }
    game = build_game(resolve(REGISTRY, [Layer("matrix", tree)]), shapes, CPU)
    dry_run(game, _batch(shapes), shapes, "the generator", "the discriminator", "the data")
    return game


@functools.cache
def _batch(shapes: Shapes) -> Batch:
    torch.manual_seed(1)
    return Batch(random_samples(shapes, COUNT), toy_labels(shapes, COUNT))


def _play(game: Game, shapes: Shapes, steps: int = 1) -> None:
    """Some steps: all losses are finite, and every network that can learn has learnt."""
    random = torch.Generator().manual_seed(2)

    def draw(count: int) -> torch.Tensor:
        return draw_latents(game.gen.network, shapes, count, random)

    before = {name: [it.detach().clone() for it in player.parameters()]
              for name, player in game.players.items()}  # fmt: skip
    for number in range(1, steps + 1):
        losses = game.step([_batch(shapes)], draw, number=number)
        for name, value in {"D": losses.loss_D, "G": losses.loss_G, **losses.terms}.items():
            assert value.isfinite(), name
    for name, player in game.players.items():
        weights = player.parameters()
        assert any(not torch.equal(*pair) for pair in zip(before[name], weights, strict=True)), name


@functools.cache
def _fits(kind: str, name: str) -> tuple[str, ...]:
    """The kinds of data that a network is built for."""
    found = REGISTRY.find(kind, name)
    options = found.load_options()(**_smallest(kind, name))
    fitting = []
    for data, shapes in KINDS.items():
        try:
            found.load()(options, shapes)
        except ShapesError:
            continue
        fitting.append(data)
    return tuple(fitting)


@pytest.mark.parametrize("gen", _names("generator"))
def test_every_generator_with_every_discriminator(gen: str) -> None:
    for disc in _names("discriminator"):
        mine, theirs = _fits("generator", gen), _fits("discriminator", disc)
        assert mine, f"'{gen}' fits none of {', '.join(KINDS)}"
        assert theirs, f"'{disc}' fits none of {', '.join(KINDS)}"
        common = [data for data in mine if data in theirs]
        for data in common[:1]:
            _play(_game(KINDS[data], {"use": gen}, {"use": disc}), KINDS[data])
        for data in {*mine, *theirs} - {*common}:
            with pytest.raises(GanfwError) as refused:
                _game(KINDS[data], {"use": gen}, {"use": disc})
            wrong = f"generator '{gen}'" if data not in mine else f"discriminator '{disc}'"
            said = str(refused.value)
            assert said.startswith(f"{wrong}: "), said
            assert "\n" not in said


def _with_loss(name: str, disc: str) -> tuple[Game, Shapes]:
    """A game for a loss and what it needs, beside ``nonsaturating`` if it is no game by itself."""
    parts: Tree = {"gen": {"use": "dcgan"}, "disc": {"use": disc}}
    for need in REGISTRY.find("loss", name).load().needs:
        assert need in GIVES, f"what gives '{need}', which loss '{name}' needs?"
        for slot, given in GIVES[need].items():
            parts[slot] = {**parts.get(slot, {}), **given}
    shapes = KINDS[_fits("generator", parts["gen"]["use"])[0]]
    losses = {name: {"use": name}}
    with contextlib.suppress(UsageError):
        return _game(shapes, **parts, loss=losses), shapes
    return _game(shapes, **parts, loss={**losses, GAME: {"use": GAME}}), shapes


@pytest.mark.parametrize("disc", ["dcgan", "patch"])
def test_every_loss_with_critics_of_pictures_and_of_patches(disc: str) -> None:
    for loss in _names("loss"):
        _play(*_with_loss(loss, disc), steps=2)


@pytest.mark.parametrize("loss", ["auxiliary-classifier", "tac", "multi-hinge", "2c"])
def test_losses_of_classes_with_every_critic_that_has_the_head(loss: str) -> None:
    needs = REGISTRY.find("loss", loss).load().needs
    head = next(GIVES[need]["disc"]["head"] for need in reversed(needs))
    critics = [name for name in _names("discriminator") if head in _heads(name)]
    assert len(critics) > 2
    for disc in critics:
        losses = {loss: {"use": loss}, GAME: {"use": GAME}}
        parts = ({"use": "dcgan"}, {"use": disc, "head": head})
        _play(_game(KINDS["pictures"], *parts, loss=losses), KINDS["pictures"])


def _heads(disc: str) -> tuple[str, ...]:
    """What a discriminator offers as its option ``head``."""
    field = REGISTRY.find("discriminator", disc).load_options().model_fields.get("head")
    return () if field is None else get_args(field.annotation)


def test_every_augment_in_front_of_a_critic() -> None:
    for augment in _names("augment"):
        shown = {augment: {"use": augment}}
        game = _game(KINDS["pictures"], {"use": "dcgan"}, {"use": "dcgan"}, augment=shown)
        _play(game, KINDS["pictures"], steps=2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--gen mlp --disc dcgan", "generator 'mlp': it makes points"),
        (
            "--gen unet --disc patch",
            "generator 'unet': it needs pictures whose labels",
        ),
        ("--gen dcgan --disc patch --data gaussian", "generator 'dcgan': it needs pictures"),
        ("--gen linear --disc patch --data gaussian", "discriminator 'patch': it needs pictures"),
    ],
)
def test_a_run_of_what_does_not_fit_is_refused_in_one_line(
    ganfw: Callable[..., Result], words: str, said: str
) -> None:
    few = "" if "--data" in words else "--data sprites --size 16 -s data.individuals=2"
    result = ganfw("run", *words.split(), *few.split(), "--batch-size", 8, "--quiet")
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith(f"Error: {said}")
    assert result.stderr.count("\n") == 1
    assert not Path("runs").exists()
