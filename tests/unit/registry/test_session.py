"""Components registered from Python."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from pydantic import Field
from torch import Tensor, nn

import ganfw
from ganfw.registry import session
from ganfw.registry.discovery import discover


class ShiftOptions(ganfw.Options):
    """How far."""

    by: float = Field(1.0, ge=-9, le=9, description="Distance")


class Shift(ganfw.Augment):
    """Moves everything the critic sees.

    By a constant.
    """

    def forward(self, samples: Tensor) -> Tensor:
        return samples + self.options.by


def steady(options: ShiftOptions, network: nn.Module) -> torch.optim.Optimizer:
    """A rate that is an option."""
    return torch.optim.SGD(network.parameters(), lr=options.by)


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_REGISTERED", {})


def _run(out: Path) -> ganfw.Run:
    return ganfw.run(
        gen="linear", disc="mlp", data="gaussian", augment="shift", steps=3,
        settings={"augment.shift.by": 2}, out=out,
    )  # fmt: skip


def test_a_decorated_class_takes_part(tmp_path: Path, said: list[str]) -> None:
    assert ganfw.register("augment", "shift", options=ShiftOptions)(Shift) is Shift
    registered = discover().find("augment", "shift")
    assert registered.component.summary == "Moves everything the critic sees."
    assert str(registered.source) == "this session"
    run = _run(tmp_path)
    assert any(line.startswith("augment 'shift' lives in this session only") for line in said)
    assert 'use = "session/shift"' in (run.path / "config.toml").read_text()
    assert run.resume(steps=6).outcome is not None


def test_an_optimizer_may_be_a_function(tmp_path: Path) -> None:
    assert ganfw.register("optimizer", "steady", options=ShiftOptions)(steady) is steady
    settings = {"gen.optimizer.use": "steady", "gen.optimizer.by": 0.5}
    run = ganfw.run(gen="linear", disc="mlp", data="gaussian", steps=3, settings=settings,
                    out=tmp_path)  # fmt: skip
    text = (run.path / "config.toml").read_text()
    assert '[gen.optimizer]\nuse = "session/steady"\nby = 0.5\n' in text


def test_another_session_is_told_what_to_do(tmp_path: Path) -> None:
    ganfw.register("augment", "shift", options=ShiftOptions)(Shift)
    run = _run(tmp_path)
    session._REGISTERED.clear()
    with pytest.raises(ganfw.RunError, match=r"registered in a session: register it again with"):
        run.resume(steps=6)


def test_registering_again_replaces() -> None:
    for summary in ("First", "Second"):
        ganfw.register("augment", "shift", summary=summary)(Shift)
    registered = discover().components("augment")
    (found,) = [augment for augment in registered if augment.source.kind == "session"]
    assert found.component.summary == "Second"


def test_what_cannot_be_found_again_is_refused() -> None:
    class Local(ganfw.Augment):
        pass

    with pytest.raises(ValueError, match="move it to the top level"):
        ganfw.register("augment", "local")(Local)
    with pytest.raises(ValueError, match="a recipe is a file"):
        ganfw.register("recipe", "mine")
    with pytest.raises(ValueError, match="the kind must be one of"):
        ganfw.register("lossy", "mine")(Shift)
