"""What a resumed run may change, and what it may not."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import ganfw as package
from ganfw.storage.checkpoint import CheckpointStore

Ganfw = Callable[..., Result]
RUN = Path("runs/0001-mlp-ring")


def _rates(step: int) -> dict[str, float]:
    state = CheckpointStore(RUN / "checkpoints").load(step)
    return {
        name: player["optimizer"]["param_groups"][0]["lr"]
        for name, player in state["players"].items()
    }


@pytest.fixture
def begun(ganfw: Ganfw) -> None:
    words = ("-s", "data.count=64", "-s", "train.batch_size=16", "--no-callback", "ema")
    losses = ("--loss", "nonsaturating", "--loss", "r1")
    assert ganfw("run", "ring", *words, *losses, "--lr", 0.002, "--steps", 2).exit_code == 0


@pytest.mark.usefixtures("begun")
def test_rates_losses_and_callbacks_change_and_are_recorded(ganfw: Ganfw) -> None:
    result = ganfw(
        "resume", RUN, "--steps", 4, "--lr", 0.5, "-s", "loss.r1.weight=0", "--callback", "ema",
        "--callback", "grad-clip", "--no-callback", "collapse-watch",
        "-s", "disc.optimizer.betas=[0.1,0.2]",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "gen.optimizer.lr: 0.5, which was 0.002" in result.stderr
    assert "callback.grad-clip: new" in result.stderr.splitlines()
    assert _rates(4) == {"gen": 0.5, "disc": 0.5}
    config = tomllib.loads((RUN / "config.toml").read_text())
    assert [loss.get("weight") for loss in config["loss"]] == [1.0, 0.0]
    assert (RUN / "generator_ema").is_dir()
    provenance = json.loads((RUN / "provenance.json").read_text())
    changes = provenance["resumed"][0]["changes"]
    assert changes["gen.optimizer.lr"] == ["0.002", "0.5"]
    assert changes["loss.r1.weight"] == ["1.0", "0.0"]
    assert changes["callback.ema.enabled"] == ["false", "true"]
    assert changes["callback.grad-clip.use"] == ["–", "grad-clip"]
    assert provenance["origins"]["gen.optimizer.lr"] == "command line, on resuming after step 2"
    # What is not changed again stays.
    assert ganfw("resume", RUN, "--steps", 6).exit_code == 0
    assert _rates(6) == {"gen": 0.5, "disc": 0.5}


def _weights(step: int) -> dict[str, list[float]]:
    state = CheckpointStore(RUN / "checkpoints").load(step)
    return {
        f"{name}.{key}": value.flatten().tolist()
        for name, player in state["players"].items()
        for key, value in player["network"].items()
    }


def test_losses_come_and_go_exactly(ganfw: Ganfw) -> None:
    """As if they had stood there with weight 0 while they did not."""
    words = ("run", "ring", "-s", "data.count=64", "-s", "train.batch_size=16", "--steps", 2,
             "--no-callback", "ema", "--loss", "nonsaturating")  # fmt: skip
    assert ganfw(*words).exit_code == 0
    result = ganfw("resume", RUN, "--steps", 4, "--loss", "late=r1", "-s", "loss.late.gamma=3")
    assert result.exit_code == 0, result.output
    assert "loss.late: new" in result.stderr.splitlines()
    config = tomllib.loads((RUN / "config.toml").read_text())
    assert [(it["use"], it.get("gamma")) for it in config["loss"]] == [
        ("nonsaturating", None), ("r1", 3.0),
    ]  # fmt: skip
    result = ganfw("resume", RUN, "--steps", 6, "--no-loss", "late")
    assert "loss.late: left out, and its state dropped" in result.stderr.splitlines()
    provenance = json.loads((RUN / "provenance.json").read_text())
    changes = [entry["changes"]["loss.late.use"] for entry in provenance["resumed"]]
    assert changes == [["–", "r1"], ["r1", "–"]]
    assert [it["slot"] for it in provenance["components"]].count("loss") == 1
    weights = _weights(6)
    shutil.rmtree("runs")
    silent = ("--loss", "late=r1", "-s", "loss.late.gamma=3", "-s", "loss.late.weight=0")
    assert ganfw(*words, *silent).exit_code == 0
    for steps, weight in ((4, 1), (6, 0)):
        ganfw("resume", RUN, "--steps", steps, "-s", f"loss.late.weight={weight}")
    assert _weights(6) == weights


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--loss", "r1"), "loss 'r1' is given twice: name the second one"),
        (("--no-loss", "r2"), "--no-loss r2: the run has nonsaturating, r1"),
        (("--no-loss", "nonsaturating"), "gives the discriminator nothing to minimise"),
        (
            ("--no-loss", "r1", "-s", "loss.r1.gamma=2"),
            "loss 'r1' is left out, and -s loss.r1 sets",
        ),
    ],
)
def test_losses_that_can_not_come_or_go(ganfw: Ganfw, words: tuple[str, ...], said: str) -> None:
    before = (RUN / "config.toml").read_bytes()
    result = ganfw("resume", RUN, "--steps", 4, *words)
    assert result.exit_code == 2
    assert said in result.stderr.splitlines()[-1]
    assert (RUN / "config.toml").read_bytes() == before


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("gen.hidden=[4]", "gen.hidden is [128, 128] in runs/0001-mlp-ring, whose saved state"),
        ("gen.use=linear", "gen.use is mlp in"),
        ("gen.freeze=layers", "gen.freeze is – in"),
        ("train.latent_dim=3", "train.latent_dim is 16 in"),
        ("train.batch_size=3", "train.batch_size is 16 in"),
        ("train.seed=3", "train.seed is 0 in"),
        ("data.count=65", "data.count is 64 in"),
        ("gen.optimizer.use=lion", "gen.optimizer."),
        ("lr=1", "-s lr: write gen.optimizer.lr, disc.optimizer.lr, or --lr for both"),
    ],
)
def test_what_the_state_belongs_to_stays(ganfw: Ganfw, setting: str, said: str) -> None:
    before = (RUN / "config.toml").read_bytes()
    result = ganfw("resume", RUN, "--steps", 4, "-s", setting)
    assert result.exit_code == 2
    assert said in result.stderr.splitlines()[-1]
    assert (RUN / "config.toml").read_bytes() == before


@pytest.mark.usefixtures("begun")
def test_from_python() -> None:
    run = package.Run(RUN).resume(steps=3, settings={"gen.optimizer.lr": 0.25})
    assert run.path.resolve() == RUN.resolve()
    assert _rates(3) == {"gen": 0.25, "disc": 0.002}


def test_the_schedule_of_the_callback_follows_a_changed_rate(ganfw: Ganfw) -> None:
    words = ("-s", "data.count=64", "-s", "train.batch_size=16", "--callback", "lr-schedule",
             "-s", "callback.lr-schedule.kind=constant")  # fmt: skip
    assert ganfw("run", "ring", *words, "--lr", 0.1, "--steps", 2).exit_code == 0
    assert ganfw("resume", RUN, "--steps", 4, "--lr", 0.5).exit_code == 0
    assert _rates(4) == {"gen": 0.5, "disc": 0.5}


def test_a_schedule_may_begin_and_end(ganfw: Ganfw) -> None:
    words = ("-s", "data.count=64", "-s", "train.batch_size=16")
    assert ganfw("run", "ring", *words, "--lr", 0.002, "--steps", 2).exit_code == 0
    assert ganfw("resume", RUN, "--steps", 5, "--lr", "0.4..0").exit_code == 0
    assert _rates(5) == {"gen": 0.0, "disc": 0.0}
    assert ganfw("resume", RUN, "--steps", 7, "--lr", "0.125").exit_code == 0
    assert _rates(7) == {"gen": 0.125, "disc": 0.125}
