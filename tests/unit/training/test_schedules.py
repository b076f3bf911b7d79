"""What follows a schedule while a run trains."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from click.testing import Result
from torch import Tensor, nn

import ganfw as package
from ganfw import Augment, Callback, Loss, Run, Shapes
from ganfw.errors import UsageError
from ganfw.registry import session
from ganfw.registry.registry import Registry
from ganfw.training.schedules import rate

Ganfw = Callable[..., Result]
RUN = ("run", "--recipe", "d2l-gaussian", "-s", "data.count=64", "--steps", 9)
SEEN: list[tuple[float, ...]] = []


class Watching(Callback):
    """Notes what follows a schedule, with the gradients of each step and at its end."""

    def on_gradients_ready(self, event: package.GradientsReady) -> None:
        if event.name == "disc":
            (group,) = event.player.optimizer.param_groups
            SEEN.append((group["lr"], group["betas"][1], event.run.losses["late"].options.gamma))


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_REGISTERED", {})
    package.register("callback", "watching")(Watching)
    SEEN.clear()


def test_each_step_has_its_value_and_a_longer_run_another(ganfw: Ganfw) -> None:
    late = ("--loss", "nonsaturating", "--loss", "r1", "--loss", "late=r1",
            "-s", "loss.late.gamma=9..1", "--lr", "0..0.8",
            "-s", 'disc.optimizer.betas=[0, "0.1..0.9"]')  # fmt: skip
    result = ganfw(*RUN, *late, "--callback", "watching")
    assert result.exit_code == 0, result.output
    assert [rate for rate, _, _ in SEEN] == pytest.approx([i / 10 for i in range(9)])
    assert [beta for _, beta, _ in SEEN] == pytest.approx([i / 10 for i in range(1, 10)])
    assert [gamma for _, _, gamma in SEEN] == pytest.approx(range(9, 0, -1))
    SEEN.clear()
    assert ganfw("resume", "runs/0001-linear-gaussian", "--steps", 17).exit_code == 0
    assert [beta for _, beta, _ in SEEN] == pytest.approx([0.55 + i / 20 for i in range(8)])
    assert [gamma for _, _, gamma in SEEN] == pytest.approx([4.5 - i / 2 for i in range(8)])


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
    two = torch.optim.Adam([{"params": [weight]} for weight in weights], betas=(0.5, 0.9))
    rate(two, "betas.1", 0.9, "gen.optimizer 'adam'")(0.3)
    assert [group["betas"] for group in two.param_groups] == [(0.5, pytest.approx(0.3))] * 2
    with pytest.raises(UsageError, match="'betas' can't follow a schedule"):
        rate(optimizer, "betas", 1.0, "gen.optimizer 'sgd'")


def test_marked_options_of_losses_are_read_anew(registry: Registry) -> None:
    real, fake = torch.randn(2, 4, 3).unbind()

    def penalty(loss: Loss) -> Tensor:
        torch.manual_seed(0)
        turn: Any = SimpleNamespace(player="disc", labels=None, critic=critic)
        turn.real, turn.fake = (rows.clone().requires_grad_() for rows in (real, fake))
        return loss.terms(turn)["penalty"]

    def critic(samples: Tensor, labels: None = None) -> Tensor:
        return samples.square().sum(1)

    for name, option in (("r1", "gamma"), ("r2", "gamma"), ("gradient-penalty", "strength"),
                         ("gradient-penalty", "target")):  # fmt: skip
        found = registry.find("loss", name)
        options = found.load_options()()
        other = options.model_copy(update={option: 0.5})
        loss, fresh = found.load()(options), found.load()(other)
        before = penalty(loss)
        loss.options = other
        assert penalty(loss) == penalty(fresh) != before


def test_marked_options_of_augments_are_read_anew(registry: Registry) -> None:
    pictures, shapes = torch.rand(4, 3, 16, 16), Shapes((3, 16, 16), (-1.0, 1.0), 0, 5)

    def change(augment: Augment) -> Tensor:
        """In three states, of which every option shows in one."""
        augment.load_state_dict(start)
        samples = []
        for sign in (0.0, 5.0, 10.0):
            torch.manual_seed(0)
            augment.adapt(torch.tensor(sign), 500_000)
            samples.append(augment(pictures))
        return torch.stack(samples)

    for name, option in (("diffaugment", "cutout"), ("diffaugment", "translation"),
                         ("ada", "target"), ("ada", "limit"), ("ada", "probability")):  # fmt: skip
        found = registry.find("augment", name)
        options = found.load_options()()
        other = options.model_copy(update={option: 0.3})
        augment, fresh = found.load()(options, shapes), found.load()(other, shapes)
        start = copy.deepcopy(augment.state_dict())
        before = change(augment)
        augment.options = other
        assert torch.equal(change(augment), change(fresh))
        assert not torch.equal(change(augment), before)


def test_a_rate_has_one_master(ganfw: Ganfw) -> None:
    result = ganfw(*RUN, "-s", "disc.optimizer.lr=1..0", "--callback", "lr-schedule")
    assert result.exit_code == 2
    assert "disc.optimizer.lr = 1..0 and the callback lr-schedule both set" in result.stderr
