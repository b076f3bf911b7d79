"""A step captured as graphs gives the numbers of the launched one, or is refused.

CUDA's graphs need a GPU. Here their part is played by a recording of torch's operations, which is
like them in what matters: it runs the same operations on the same memory, without any Python.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ganfw.config.layers import settings_layer
from ganfw.config.recipes import recipe_layer
from ganfw.config.run_config import resolve
from ganfw.data.memory_loader import MemoryLoader
from ganfw.errors import UsageError
from ganfw.interfaces.loss import Loss
from ganfw.interfaces.player import Player
from ganfw.interfaces.shapes import Shapes
from ganfw.interfaces.turn import Turn
from ganfw.launch.build import build_game
from ganfw.launch.checks import check_cuda_graphs
from ganfw.registry.registry import Registry
from ganfw.runtime.distributed import SINGLE_PROCESS
from ganfw.sampling.latents import Latents
from ganfw.training import graphs
from ganfw.training.game import Game
from ganfw.training.graphs import StepGraphs, capture_game

CPU = torch.device("cpu")
PICTURES = Shapes((3, 16, 16), (-1.0, 1.0), 3, 100)


class Recording(TorchDispatchMode):
    """Plays the part of a CUDA graph. Unlike one, it also runs what it records."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, Any, Any, list[Tensor]]] = []

    def capture_begin(self, pool: object) -> None:
        self.__enter__()

    def capture_end(self) -> None:
        self.__exit__(None, None, None)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        given = {_memory(it) for it in tree_leaves((args, kwargs)) if isinstance(it, Tensor)}
        new = [it for it in tree_leaves(made) if isinstance(it, Tensor)]
        new = [it for it in new if _memory(it) not in given]
        self.calls.append((func, args, kwargs or {}, new))
        return made

    def replay(self) -> None:
        with torch.no_grad():
            for func, args, kwargs, made in self.calls:
                again = [it for it in tree_leaves(func(*args, **kwargs)) if isinstance(it, Tensor)]
                for old, new in zip(made, again[: len(made)] if made else [], strict=True):
                    old.detach().copy_(new.detach())


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "new_graph", Recording)
    monkeypatch.setattr(graphs, "new_pool", lambda: None)
    monkeypatch.setattr(graphs, "_settle", lambda: None)
    monkeypatch.setattr(graphs, "_side_stream", contextlib.nullcontext)


def _game(registry: Registry, settings: Mapping[str, Any]) -> Game:
    small = {"gen.channels": 8, "disc.channels": 8, "train.precision": "float32", **settings}
    layers = [recipe_layer(registry, "d2l-dcgan"), settings_layer(small, "test")]
    game = build_game(resolve(registry, layers), PICTURES, CPU)
    game.turns.total_steps = 100
    return game


def _loader() -> MemoryLoader:
    pictures = torch.randint(0, 256, (10, *PICTURES.sample), dtype=torch.uint8)
    labels = torch.arange(10) % 3
    return MemoryLoader(pictures, labels, PICTURES.value_range, 4, 0, CPU)


def _weights(game: Game) -> Tensor:
    every = [it for player in game.players.values() for it in player.network.state_dict().values()]
    return torch.cat([it.flatten().float() for it in every])


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    "settings",
    [
        {"loss.r1.use": "r1", "loss.r1.every": 2, "callback.ema.use": "ema"},
        {"augment.ada.use": "ada", "train.disc_steps": 2, "train.gen_steps": 2},
        {"train.accumulate": 2, "train.precision": "bf16", "gen.optimizer.use": "sgd"},
        {"train.fake_labels": "shuffled", "loss.gradient-penalty.use": "gradient-penalty"},
    ],
    ids=str,
)
def test_replayed_steps_are_the_launched_ones(registry: Registry, settings: dict[str, Any]) -> None:
    """Two epochs, whose last batches are smaller and launched, with gradients watched."""
    ends = []
    for captures in (False, True):
        game, loader = _game(registry, settings), _loader()
        before = copy.deepcopy(game.state_dict())
        count = settings.get("train.disc_steps", 1)
        torch.manual_seed(3)
        graphs = capture_game(game, loader, PICTURES, count) if captures else StepGraphs(game)
        torch.testing.assert_close(game.state_dict()["players"], before["players"], rtol=0, atol=0)
        assert bool(graphs.captured) == captures
        latents, number, losses = Latents(game.gen.network, PICTURES, 1, CPU), 0, []
        watched: list[str] = []

        def watch(name: str, player: Player, watched: list[str] = watched) -> None:
            watched.append(name)

        for epoch in (1, 2):
            batches = list(loader.epoch(epoch))
            for group in (batches[:2], batches[2:]) if count == 2 else ([it] for it in batches):
                number += 1
                step = graphs.step(group, latents, watch, number)
                losses.append(torch.stack([step.loss_D, step.loss_G]))
        ends.append((_weights(game), torch.stack(losses), watched))
    torch.testing.assert_close(ends[0][:2], ends[1][:2], rtol=1e-5, atol=1e-6)
    assert ends[0][2] == ends[1][2]


class Follows(Loss):
    """Its weight falls with the steps."""

    def terms(self, turn: Turn) -> dict[str, Tensor]:
        return {"": turn.critic(turn.fake).mean() / turn.step}


class Counts(Loss):
    """It counts its turns, and puts a new tensor in the place of the old one."""

    count = torch.tensor(0.0)

    def terms(self, turn: Turn) -> dict[str, Tensor]:
        self.count = self.count + 1
        return {"": turn.critic(turn.fake).mean() + self.count}

    def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Tensor]:
        return {"count": self.count}

    def load_state_dict(self, state: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        self.count = state["count"]


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("loss", [Follows, Counts])
def test_what_is_not_the_same_in_each_replay_is_refused(
    registry: Registry, loss: type[Loss]
) -> None:
    game = _game(registry, {})
    game.losses = [replace(game.losses[0], loss=loss(None))]
    with pytest.raises(UsageError, match="replayed losses lie"):
        capture_game(game, _loader(), PICTURES)


@pytest.mark.usefixtures("recorded")
def test_what_cannot_be_captured_is_said_in_one_line(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Recording, pool: object) -> None:
        raise RuntimeError("operation not permitted\nwhen stream is capturing")

    monkeypatch.setattr(Recording, "capture_begin", refuse)
    with pytest.raises(UsageError, match="cuda_graphs out: operation not permitted when"):
        capture_game(_game(registry, {}), _loader(), PICTURES)


def test_what_no_device_captures_is_refused(registry: Registry) -> None:
    layers = [recipe_layer(registry, "d2l-dcgan")]
    followed = settings_layer({"loss.nonsaturating.weight": "1..2"}, "test")
    config = resolve(registry, [*layers, followed])
    cuda = torch.device("cuda")
    with pytest.raises(UsageError, match="needs a CUDA device, and this run is on cpu: leave"):
        check_cuda_graphs(config, CPU, SINGLE_PROCESS)
    with pytest.raises(UsageError, match="loss 'nonsaturating' is on a schedule: leave it out"):
        check_cuda_graphs(config, cuda, SINGLE_PROCESS)
    check_cuda_graphs(resolve(registry, layers), cuda, SINGLE_PROCESS)
