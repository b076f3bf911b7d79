"""Compiled networks give the eager ones' losses in every kind of run, or are refused."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from ganfw.config.layers import settings_layer
from ganfw.config.recipes import recipe_layer
from ganfw.config.run_config import resolve
from ganfw.data.memory_loader import MemoryLoader
from ganfw.errors import UsageError
from ganfw.interfaces.shapes import Shapes
from ganfw.launch.build import build_game
from ganfw.registry.registry import Registry
from ganfw.training import compiling
from ganfw.training.compiling import compile_game
from ganfw.training.game import Game

Process = Callable[..., "subprocess.Popen[str]"]
CPU = torch.device("cpu")
PICTURES = Shapes((3, 16, 16), (-1.0, 1.0), 0, 100)


def _game(registry: Registry, settings: dict[str, Any]) -> Game:
    small = {"gen.channels": 8, "disc.channels": 8, **settings}
    layers = [recipe_layer(registry, "d2l-dcgan"), settings_layer(small, "test")]
    return build_game(resolve(registry, layers), PICTURES, CPU)


def _loader() -> MemoryLoader:
    pictures = torch.randint(0, 256, (12, *PICTURES.sample), dtype=torch.uint8)
    return MemoryLoader(pictures, None, PICTURES.value_range, 4, 0, CPU)


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same tracing and differentiation, without the minute that a C++ compiler takes."""

    def compiled(network: nn.Module) -> Any:
        return torch.compile(network, dynamic=False, backend="aot_eager")

    torch.compiler.reset()
    monkeypatch.setattr(compiling, "_compiled", compiled)


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize(
    ("settings", "disc_is_compiled"),
    [
        ({}, True),
        ({"train.accumulate": 2, "train.precision": "bf16"}, True),
        ({"loss.r1.use": "r1", "loss.r1.every": 2, "gen.optimizer.use": "sgd"}, False),
        ({"augment.ada.use": "ada"}, True),
        ({"loss.gradient-penalty.use": "gradient-penalty"}, False),
    ],
)
def test_every_kind_of_run_compiles(
    registry: Registry, settings: dict[str, Any], disc_is_compiled: bool
) -> None:
    game, loader = _game(registry, settings), _loader()
    before, random = copy.deepcopy(game.state_dict()), torch.get_rng_state()
    compile_game(game, loader, PICTURES)
    assert game.gen.compiled is not None
    assert (game.disc.compiled is not None) == disc_is_compiled
    assert torch.equal(torch.get_rng_state(), random)
    after = game.state_dict()["players"]
    for name, player in before["players"].items():
        assert after[name]["optimizer"]["state"] == {}
        for key, weight in player["network"].items():
            assert torch.equal(weight, after[name]["network"][key])


def test_networks_that_disagree_are_refused(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doubled(network: nn.Module) -> Any:
        return lambda inputs, labels: 2 * network(inputs, labels)

    monkeypatch.setattr(compiling, "_compiled", doubled)
    with pytest.raises(UsageError, match="from the eager ones after 3 steps"):
        compile_game(_game(registry, {}), _loader(), PICTURES)


def test_rounding_is_no_disagreement(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled code may round to bfloat16 less often than eager code."""

    def unrounded(network: nn.Module) -> Any:
        def forward(inputs: Any, labels: Any) -> Any:
            with torch.autocast("cpu", enabled=False):
                return network(inputs.float(), labels)

        return forward

    monkeypatch.setattr(compiling, "_compiled", unrounded)
    monkeypatch.setattr(compiling, "TOLERANCE", 1e-5)
    game = _game(registry, {"train.precision": "bf16"})
    compile_game(game, _loader(), PICTURES)
    assert isinstance(game.turns.autocast(), torch.autocast)


def test_what_cannot_be_compiled_is_said_in_one_line(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(network: nn.Module) -> Any:
        def fail(inputs: Any, labels: Any) -> Any:
            raise RuntimeError("no C++\ncompiler")

        return fail

    monkeypatch.setattr(compiling, "_compiled", broken)
    with pytest.raises(UsageError, match=r"leave --compile out: no C\+\+ compiler"):
        compile_game(_game(registry, {}), _loader(), PICTURES)


def _rows(out: Path) -> torch.Tensor:
    lines = (out / "0001-linear-gaussian" / "metrics.jsonl").read_text().splitlines()
    return torch.tensor([[json.loads(line)[key] for key in ("loss_D", "loss_G")] for line in lines])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("c++") is None, reason="torch compiles with a C++ compiler")
def test_a_compiled_run_is_the_eager_run(ganfw_process: Process, tmp_path: Path) -> None:
    """By the real compiler; also over the smaller last batch of each epoch."""
    words = ("run", "--recipe", "d2l-gaussian", "-s", "data.count=404", "--epochs", 1)
    for more in (("--out", "eager"), ("--compile", "--out", "compiled")):
        process = ganfw_process(*words, *more)
        _, error = process.communicate(timeout=300)
        assert process.returncode == 0, error
    assert "the networks are compiled (" in error
    torch.testing.assert_close(
        _rows(tmp_path / "compiled"), _rows(tmp_path / "eager"), rtol=1e-3, atol=1e-3
    )
