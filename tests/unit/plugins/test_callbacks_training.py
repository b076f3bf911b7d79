"""What the callbacks do to training: the guard, the average, clipping, learning rates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from torch import nn

from ganfw import Batch, Dataset, RunView, Shapes, TrainingError
from ganfw.interfaces.events import (
    Checkpoint,
    GradientsReady,
    Log,
    StepEnd,
    StepMetrics,
    TrainStart,
)
from ganfw.interfaces.player import Player
from ganfw.storage.checkpoint import CheckpointStore
from ganfw.storage.run_dir import RunDir
from ganfw_plugins.callbacks import ganfw_components
from ganfw_plugins.callbacks.clip_weights import ClipWeights
from ganfw_plugins.callbacks.ema import Ema
from ganfw_plugins.callbacks.grad_clip import GradClip
from ganfw_plugins.callbacks.lr_schedule import LrSchedule, factor
from ganfw_plugins.callbacks.nonfinite_guard import NonfiniteGuard
from ganfw_plugins.callbacks.options import (
    ClipWeightsOptions,
    EmaOptions,
    GradClipOptions,
    LrScheduleOptions,
)

LR = 0.005
DEFAULTS = ["progress", "metrics-log", "samples", "loss-curve", "checkpoints", "nonfinite-guard",
            "collapse-watch", "model-card"]  # fmt: skip


def test_the_names_the_engine_counts_on() -> None:
    components = {each.name: each for each in ganfw_components()}
    assert [name for name, each in components.items() if "default" in each.tags] == DEFAULTS
    assert set(components) - set(DEFAULTS) == {"ema", "grad-clip", "clip-weights", "lr-schedule"}
    for each in components.values():
        assert each.kind == "callback"
        assert 0 < len(each.summary) <= 64


class Normed(nn.Sequential):
    def forward(self, latents: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        return super().forward(latents)


def new_run(folder: Path, total_steps: int = 40) -> RunView:
    torch.manual_seed(0)
    networks: dict[Literal["gen", "disc"], nn.Module] = {
        "gen": Normed(nn.Linear(2, 3), nn.BatchNorm1d(3)),
        "disc": nn.Linear(3, 1),
    }
    return RunView(
        folder=RunDir(folder),
        dataset=Dataset(None),
        shapes=Shapes((3,), None, 0, 2),
        networks={
            name: Player(network, torch.optim.Adam(network.parameters(), lr=LR))
            for name, network in networks.items()
        },
        losses={},
        components=(),
        config={},
        seed=0,
        device=torch.device("cpu"),
        epochs=total_steps // 10,
        steps_per_epoch=10,
        total_steps=total_steps,
        real_batch=lambda n: Batch(torch.ones(n, 3), None),
    )


@pytest.fixture
def run(tmp_path: Path) -> RunView:
    return new_run(tmp_path)


def move(run: RunView, step: int) -> None:
    """A step of the generator on data that depend on the step alone."""
    player = run.players["gen"]
    latents = torch.randn(8, 2, generator=torch.Generator().manual_seed(step))
    player.optimizer.zero_grad()
    player.network(latents).square().sum().add(player.network[0].weight.sum()).backward()
    player.optimizer.step()


# nonfinite-guard


def row(step: int, **changes: float) -> StepMetrics:
    terms = {"D/nonsaturating.real": 0.1, "D/r1.penalty": 0.2, "G/nonsaturating.fake": 0.3}
    names = {"real": "D/nonsaturating.real", "r1": "D/r1.penalty", "fake": "G/nonsaturating.fake"}
    losses = {key: changes.pop(key, 0.3) for key in ("loss_D", "loss_G")}
    terms |= {names[key]: value for key, value in changes.items()}
    return StepMetrics(step, 1, 64, losses["loss_D"], losses["loss_G"], terms)


def complaint(run: RunView, *rows: StepMetrics) -> str:
    with pytest.raises(TrainingError) as caught:
        NonfiniteGuard(None).on_log(Log(run, rows, 640.0))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_guard_is_silent_about_finite_numbers(run: RunView) -> None:
    NonfiniteGuard(None).on_log(Log(run, (row(1), row(2, real=1e38)), 640.0))
    NonfiniteGuard(None).on_checkpoint(Checkpoint(run, 2))


def test_guard_names_the_first_bad_term_and_what_to_try(run: RunView) -> None:
    run.checkpoints.save(400, {})
    nan = math.nan
    message = complaint(run, row(410), row(412, r1=nan, loss_D=nan), row(413, real=nan, fake=nan))
    assert message == (
        "step 412: D/r1.penalty is nan. "
        f"The last good checkpoint is {run.folder.checkpoints / '000400'}. "
        "Try -s disc.optimizer.lr=0.0005 (it was 0.005), --callback grad-clip, "
        "or a penalty such as --loss r1"
    )


def test_guard_blames_the_generator_for_its_terms(run: RunView) -> None:
    # A schedule has moved the present rate; the advice is about the one that the user set.
    run.players["gen"].optimizer.param_groups[0]["lr"] = 1e-9
    message = complaint(run, row(3, fake=-math.inf))
    assert message.startswith("step 3: G/nonsaturating.fake is -inf. There is no checkpoint yet. ")
    assert "-s gen.optimizer.lr=0.0005 (it was 0.005)" in message


def test_guard_sees_a_sum_that_overflows(run: RunView) -> None:
    assert complaint(run, row(3, loss_D=math.inf)).startswith("step 3: D/loss is inf. ")


@pytest.mark.parametrize(
    ("player", "name"), [("gen", "0.weight"), ("gen", "1.running_var"), ("disc", "bias")]
)
def test_guard_lets_no_bad_weight_be_saved(
    run: RunView, player: Literal["gen", "disc"], name: str
) -> None:
    run.players[player].network.state_dict()[name].view(-1)[0] = math.nan
    with pytest.raises(
        TrainingError, match=rf"^step 7: {player}\.{name} is not finite, so nothing"
    ):
        NonfiniteGuard(None).on_checkpoint(Checkpoint(run, 7))


def test_guard_advises_on_an_optimizer_without_a_rate(run: RunView) -> None:
    del run.players["disc"].optimizer.defaults["lr"]
    assert "Try a lower rate, --callback grad-clip" in complaint(run, row(1, real=math.nan))


# ema


def averaged(run: RunView) -> nn.Module:
    return run.exported["generator_ema"].network


def test_ema_follows_the_formula(run: RunView) -> None:
    callback = Ema(EmaOptions(decay=0.4))
    callback.on_train_start(TrainStart(run, 0, 1))
    network = run.players["gen"].network
    expected = {name: each.detach().double() for name, each in network.named_parameters()}
    for step in range(1, 13):
        move(run, step)
        callback.on_step_end(StepEnd(run, step, 1))
        decay = min(0.4, (1 + step) / (10 + step))
        for name, each in network.named_parameters():
            expected[name] = decay * expected[name] + (1 - decay) * each.detach().double()
    for name, each in averaged(run).named_parameters():
        torch.testing.assert_close(each.double(), expected[name], rtol=1e-6, atol=1e-7)
        assert not torch.equal(each, network.get_parameter(name))


def test_ema_has_batch_statistics_of_its_own(run: RunView) -> None:
    torch.manual_seed(0)
    dim = run.shapes.latent_dim
    network = Normed(nn.Linear(dim, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    network.register_buffer("told", torch.zeros(1))
    player = Player(network, torch.optim.SGD(network.parameters()))
    run = replace(run, networks={**run.players, "gen": player})
    callback = Ema(EmaOptions(decay=0.5))
    callback.on_train_start(TrainStart(run, 0, 1))
    before = torch.get_rng_state()
    for step in range(1, 601):
        with torch.no_grad():
            # To and fro: the average stays near 1, which the generator itself never is.
            network[0].weight.fill_(3.0 if step % 2 else -1.0)
            network.told += 1
        callback.on_step_end(StepEnd(run, step, 1))
    assert torch.equal(torch.get_rng_state(), before)
    average = averaged(run)
    assert torch.equal(average.get_buffer("told"), torch.tensor([600.0]))
    found = average[0](torch.randn(4096, dim)).var(dim=0)
    torch.testing.assert_close(average[1].running_var, found, rtol=0.3, atol=0)
    assert not average.training
    assert not average[1].training


@pytest.mark.parametrize("steps", [1, 3, 12, 260])
def test_the_statistics_of_a_short_run_are_no_new_networks(run: RunView, steps: int) -> None:
    """A new batch norm's variance of 1 is hundreds of times that of what is small."""
    dim = run.shapes.latent_dim
    network = Normed(nn.Linear(dim, 4), nn.BatchNorm1d(4))
    nn.init.normal_(network[0].weight, std=0.05)
    nn.init.constant_(network[0].bias, 0.3)
    player = Player(network, torch.optim.SGD(network.parameters()))
    run = replace(run, networks={**run.players, "gen": player})
    callback = Ema(EmaOptions())
    callback.on_train_start(TrainStart(run, 0, 1))
    for step in range(1, steps + 1):
        callback.on_step_end(StepEnd(run, step, 1))
    average = averaged(run)
    found = average[0](torch.randn(4096, dim))
    torch.testing.assert_close(average[1].running_var, found.var(dim=0), rtol=0.6, atol=0)
    torch.testing.assert_close(average[1].running_mean, found.mean(dim=0), rtol=0, atol=0.1)


def test_ema_warms_up_only_if_told_to() -> None:
    warm, cold = Ema(EmaOptions(decay=0.999)), Ema(EmaOptions(decay=0.999, warmup=False))
    assert [warm.decay_at(step) for step in (1, 8, 10**6)] == [2 / 11, 0.5, 0.999]
    assert cold.decay_at(1) == 0.999


def test_ema_may_be_told_a_half_life_in_examples(run: RunView) -> None:
    run = replace(run, config={"train": {"batch_size": 8, "disc_steps": 2}})
    callback = Ema(EmaOptions(half_life=64, warmup=False))
    callback.on_train_start(TrainStart(run, 0, 1))
    assert callback.decay_at(1) ** 4 == pytest.approx(0.5)
    callback.options = EmaOptions(half_life=0)
    assert callback.decay_at(1) == 0


def test_ema_without_a_past_is_the_generator(run: RunView) -> None:
    callback = Ema(EmaOptions(decay=0.0))
    callback.on_train_start(TrainStart(run, 0, 1))
    move(run, 1)
    callback.on_step_end(StepEnd(run, 1, 1))
    for name, each in averaged(run).named_parameters():
        assert torch.equal(each, run.players["gen"].network.get_parameter(name))


def test_ema_is_a_network_of_its_own_that_is_shown_and_never_trained(run: RunView) -> None:
    callback = Ema(EmaOptions())
    callback.on_train_start(TrainStart(run, 0, 1))
    source = run.players["gen"].network
    assert run.sampling_generator is averaged(run)
    assert not averaged(run).training
    assert source.training
    assert not any(each.requires_grad for each in averaged(run).parameters())
    assert all(each.requires_grad for each in source.parameters())
    shared = {each.data_ptr() for each in source.parameters()}
    assert not shared & {each.data_ptr() for each in averaged(run).parameters()}


def test_ema_resumes_bit_for_bit(tmp_path: Path) -> None:
    def train(run: RunView, callback: Ema, steps: range) -> None:
        callback.on_train_start(TrainStart(run, steps[0] - 1, 1))
        for step in steps:
            move(run, step)
            callback.on_step_end(StepEnd(run, step, 1))

    whole, killed, resumed = (new_run(tmp_path) for _ in range(3))
    train(whole, Ema(EmaOptions(decay=0.9)), range(1, 21))
    first = Ema(EmaOptions(decay=0.9))
    train(killed, first, range(1, 10))
    CheckpointStore(tmp_path / "saves").save(9, first.state_dict())

    player, old = resumed.players["gen"], killed.players["gen"]
    player.network.load_state_dict(old.network.state_dict())
    player.optimizer.load_state_dict(old.optimizer.state_dict())
    second = Ema(EmaOptions(decay=0.9))
    second.load_state_dict(CheckpointStore(tmp_path / "saves").load(9))
    train(resumed, second, range(10, 21))
    for name, each in averaged(whole).state_dict().items():
        assert torch.equal(each, averaged(resumed).state_dict()[name]), name


def test_ema_new_to_a_resumed_run_starts_from_its_generator(run: RunView) -> None:
    move(run, 1)
    callback = Ema(EmaOptions())
    assert callback.state_dict() == {}
    callback.load_state_dict({})
    callback.on_train_start(TrainStart(run, 1, 1))
    source = run.players["gen"].network.get_parameter("0.weight")
    assert torch.equal(averaged(run).get_parameter("0.weight"), source)


# grad-clip


def norm_after(run: RunView, options: GradClipOptions, name: Literal["gen", "disc"]) -> float:
    """The norm of the player's gradients, 5 before."""
    player = run.players[name]
    for each in player.parameters():
        each.grad = torch.zeros_like(each)
    gradients = [each.grad.view(-1) for each in player.parameters() if each.grad is not None]
    gradients[0][0], gradients[1][0] = 3.0, -4.0
    GradClip(options).on_gradients_ready(GradientsReady(run, 1, name, player))
    return float(torch.cat(gradients).norm())


def test_clip_bounds_the_norm_over_all_gradients(run: RunView) -> None:
    assert norm_after(run, GradClipOptions(max_norm=2.0), "gen") == pytest.approx(2.0, rel=1e-4)
    assert norm_after(run, GradClipOptions(), "disc") == pytest.approx(1.0, rel=1e-4)


def test_clip_leaves_short_gradients_as_they_are(run: RunView) -> None:
    assert norm_after(run, GradClipOptions(max_norm=5.1), "gen") == 5.0


@pytest.mark.parametrize(("players", "gen", "disc"), [("gen", 1, 5), ("disc", 5, 1)])
def test_clip_of_one_player(
    run: RunView, players: Literal["gen", "disc"], gen: float, disc: float
) -> None:
    options = GradClipOptions(players=players)
    assert norm_after(run, options, "gen") == pytest.approx(gen, rel=1e-4)
    assert norm_after(run, options, "disc") == pytest.approx(disc, rel=1e-4)


# clip-weights


def test_every_update_of_the_critic_leaves_small_weights(run: RunView) -> None:
    players = {name: run.players[name] for name in ("gen", "disc")}
    ClipWeights(ClipWeightsOptions(limit=0.02)).on_train_start(TrainStart(run, 0, 1))
    inputs, before = torch.ones(4, 3), [w.detach().clone() for w in players["disc"].parameters()]
    for _ in range(2):
        for player in players.values():
            player.optimizer.zero_grad()
            player.network(inputs[:, : 2 if player is players["gen"] else 3]).sum().backward()
            player.optimizer.step()
        for old, weight in zip(before, players["disc"].parameters(), strict=True):
            assert torch.allclose(weight, (old - LR).clamp(-0.02, 0.02), atol=1e-6)
            old.copy_(weight.detach())
    assert max(weight.abs().max() for weight in players["gen"].parameters()) > 0.02


# lr-schedule


def rates(run: RunView, callback: LrSchedule, steps: range) -> list[float]:
    """The rate that each of ``steps`` is taken with."""
    callback.on_train_start(TrainStart(run, steps[0] - 1, 1))
    found = []
    for step in steps:
        found.append(run.players["gen"].optimizer.param_groups[0]["lr"])
        assert run.players["disc"].optimizer.param_groups[0]["lr"] == found[-1] * 2
        callback.on_step_end(StepEnd(run, step, 1))
    assert all(isinstance(rate, float) for rate in found)
    return found


@pytest.fixture
def uneven(run: RunView) -> RunView:
    """A run whose discriminator has twice the generator's rate."""
    run.players["disc"].optimizer.param_groups[0]["lr"] = 2 * LR
    return run


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"kind": "constant"}, lambda s: 1.0),
        ({"kind": "linear"}, lambda s: 1 - (s - 1) / 40),
        ({"kind": "linear", "final": 0.2}, lambda s: 1 - 0.8 * (s - 1) / 40),
        ({"kind": "cosine"}, lambda s: (1 + math.cos(math.pi * (s - 1) / 40)) / 2),
        (
            {"kind": "cosine", "final": 0.1, "warmup_steps": 8},
            lambda s: s / 8 if s <= 8 else 0.1 + 0.45 * (1 + math.cos(math.pi * (s - 9) / 32)),
        ),
        ({"kind": "constant", "warmup_steps": 4}, lambda s: min(s / 4, 1)),
        ({"kind": "linear", "warmup_steps": 80}, lambda s: s / 80),
        ({"kind": "linear", "warmup_steps": 40}, lambda s: s / 40),
        (
            {"kind": "step", "gamma": 0.1, "every_epochs": 2},
            lambda s: 1.0 if s <= 20 else 0.1,
        ),
    ],
)
def test_schedule_is_its_closed_form(
    uneven: RunView, options: dict[str, Any], expected: Callable[[int], float]
) -> None:
    found = rates(uneven, LrSchedule(LrScheduleOptions(**options)), range(1, 41))
    assert found == pytest.approx([LR * expected(step) for step in range(1, 41)], abs=1e-12)
    assert min(found) > 0


def test_schedule_resumes_exactly(tmp_path: Path) -> None:
    options = LrScheduleOptions(kind="cosine", warmup_steps=3)
    whole, killed, resumed = (new_run(tmp_path) for _ in range(3))
    for each in (whole, killed, resumed):
        each.players["disc"].optimizer.param_groups[0]["lr"] = 2 * LR
    expected = rates(whole, LrSchedule(options), range(1, 41))
    first, second = LrSchedule(options), LrSchedule(options)
    assert rates(killed, first, range(1, 18)) == expected[:17]
    CheckpointStore(tmp_path / "saves").save(17, first.state_dict())
    for name, player in resumed.players.items():
        player.optimizer.load_state_dict(killed.players[name].optimizer.state_dict())
    second.load_state_dict(CheckpointStore(tmp_path / "saves").load(17))
    assert rates(resumed, second, range(18, 41)) == expected[17:]


def test_schedule_of_a_longer_resumed_run_follows_its_new_length(tmp_path: Path) -> None:
    first, second = LrSchedule(LrScheduleOptions()), LrSchedule(LrScheduleOptions())
    short, long = new_run(tmp_path, 20), new_run(tmp_path, 40)
    for each in (short, long):
        each.players["disc"].optimizer.param_groups[0]["lr"] = 2 * LR
    rates(short, first, range(1, 21))
    second.load_state_dict(first.state_dict())
    assert rates(long, second, range(21, 41))[0] == pytest.approx(LR * 0.5)


def test_schedule_takes_every_group(run: RunView) -> None:
    optimizer = run.players["gen"].optimizer
    optimizer.add_param_group({"params": [nn.Parameter(torch.zeros(1))], "lr": 1.0})
    callback = LrSchedule(LrScheduleOptions())
    callback.on_train_start(TrainStart(run, 0, 1))
    callback.on_step_end(StepEnd(run, 10, 1))
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([LR * 0.75, 0.75])


def test_schedule_factor_is_a_function_of_the_step_alone() -> None:
    options = LrScheduleOptions(kind="step", gamma=0.5, every_epochs=1)
    assert [factor(options, step, 40, 10) for step in (1, 10, 11, 40)] == [1, 1, 0.5, 0.125]
