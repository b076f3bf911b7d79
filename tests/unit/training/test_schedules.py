"""What follows a schedule while a run trains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result
from torch import nn

import ganfw as package
from ganfw import Callback, Run
from ganfw.errors import UsageError
from ganfw.registry import session
from ganfw.training.schedules import rate

Ganfw = Callable[..., Result]
RUN = ("run", "--recipe", "d2l-gaussian", "-s", "data.count=64", "--steps", 9)
SEEN: list[tuple[float, ...]] = []


class Watching(Callback):
    """Notes what follows a schedule, with the gradients of each step and at its end."""

    def on_gradients_ready(self, event: package.GradientsReady) -> None:
        if event.name == "disc":
            (group,) = event.player.optimizer.param_groups
            SEEN.append((group["lr"], event.run.losses["late"].options.gamma))


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_REGISTERED", {})
    package.register("callback", "watching")(Watching)
    SEEN.clear()


def test_each_step_has_its_value_and_a_longer_run_another(ganfw: Ganfw) -> None:
    late = ("--loss", "nonsaturating", "--loss", "r1", "--loss", "late=r1",
            "-s", "loss.late.gamma=9..1", "--lr", "0..0.8")  # fmt: skip
    result = ganfw(*RUN, *late, "--callback", "watching")
    assert result.exit_code == 0, result.output
    assert [rate for rate, _ in SEEN] == pytest.approx([i / 10 for i in range(9)])
    assert [gamma for _, gamma in SEEN] == pytest.approx(range(9, 0, -1))
    SEEN.clear()
    assert ganfw("resume", "runs/0001-linear-gaussian", "--steps", 17).exit_code == 0
    assert [gamma for _, gamma in SEEN] == pytest.approx([4.5 - i / 2 for i in range(8)])


def test_a_loss_may_begin_with_no_weight(ganfw: Ganfw) -> None:
    words = (*RUN, "--loss", "nonsaturating", "--loss", "r1", "-s", "loss.r1.weight=0..1 over 2")
    result = ganfw(*words)
    assert result.exit_code == 0, result.output
    rows = Run(Path("runs/0001-linear-gaussian")).metrics()
    assert rows[0].terms["D/r1.penalty"] == 0
    assert rows[1].terms["D/r1.penalty"] > 0


def test_groups_keep_their_ratios() -> None:
    weights = [nn.Parameter(torch.zeros(1)) for _ in range(2)]
    groups = [{"params": weights[:1]}, {"params": weights[1:], "lr": 0.1}]
    optimizer = torch.optim.SGD(groups, lr=0.2)
    follow = rate(optimizer, "lr", 0.2, "gen.optimizer 'sgd'")
    for value in (0.0, 0.2, 0.05):
        follow(value)
        assert [group["lr"] for group in optimizer.param_groups] == [value, value / 2]
    with pytest.raises(UsageError, match="'betas' can't follow a schedule"):
        rate(optimizer, "betas", 1.0, "gen.optimizer 'sgd'")


def test_a_rate_has_one_master(ganfw: Ganfw) -> None:
    result = ganfw(*RUN, "-s", "disc.optimizer.lr=1..0", "--callback", "lr-schedule")
    assert result.exit_code == 2
    assert "disc.optimizer.lr = 1..0 and the callback lr-schedule both set" in result.stderr
