"""Killed at any moment and resumed, a run ends with the very bytes it would have had."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ganfw.cli import main
from ganfw.storage import atomic

Start = Callable[..., "subprocess.Popen[str]"]

POINTS = (
    "--gen", "linear", "--disc", "mlp", "--data", "gaussian", "-s", "data.count=100",
    "--epochs", 12, "-s", "callback.checkpoints.every_steps=17",
)  # fmt: skip
PICTURES = (
    "--gen", "dcgan", "--disc", "dcgan", "--data", "sprites", "-s", "data.species=10",
    "-s", "data.individuals=5", "-s", "data.size=16", "-s", "gen.channels=8",
    "-s", "disc.channels=8", "-s", "train.batch_size=8", "--loss", "nonsaturating",
    "--loss", "gradient-penalty", "--epochs", 6, "-s", "callback.checkpoints.every_steps=7",
)  # fmt: skip
WORDS = {"points": POINTS, "pictures": PICTURES}
COMMON = ("--callback", "ema", "--callback", "lr-schedule", "--no-callback", "loss-curve",
          "--no-callback", "samples", "-s", "train.log_every=5")  # fmt: skip


Whole = Callable[[str], Path]


def _in_this_process(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """``whole("points")``: the folder of a run that nothing disturbed."""
    runs: dict[str, Path] = {}

    def find(what: str) -> Path:
        if what not in runs:
            out = tmp_path_factory.mktemp(what)
            result = _in_this_process("run", *WORDS[what], *COMMON, "--out", out)
            assert result.exit_code == 0, result.output
            (runs[what],) = out.iterdir()
        return runs[what]

    return find


def _weights(run: Path) -> dict[str, bytes]:
    names = ("generator", "discriminator", "generator_ema")
    return {name: (run / name / "model.safetensors").read_bytes() for name in names}


def _log(run: Path) -> list[dict[str, float]]:
    """Every line of the log, but for the speed, which no two runs share."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if "second" not in k} for line in lines]


def _assert_same(run: Path, other: Path) -> None:
    assert _weights(run) == _weights(other)
    assert _log(run) == _log(other)
    assert [row["step"] for row in _log(run)] == list(range(1, len(_log(run)) + 1))
    assert not list((run / "checkpoints").glob(f"{atomic.TEMPORARY}*"))


def _resume(run: Path, *words: object) -> str:
    result = _in_this_process("resume", run, *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def _wait_for(found: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not found():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _logged(run: Path) -> int:
    path = run / "metrics.jsonl"
    return path.read_text().count("\n") if path.exists() else 0


@pytest.mark.parametrize("what", ["points", "pictures"])
def test_a_killed_run_ends_as_if_it_had_not_been(
    ganfw_process: Start, tmp_path: Path, whole: Whole, what: str
) -> None:
    undisturbed = whole(what)
    steps = len(_log(undisturbed))
    chance = random.Random(what)
    killed = tmp_path / "killed" / undisturbed.name
    process = ganfw_process("run", *WORDS[what], *COMMON, "--out", killed.parent)
    for attempt in range(2):
        # The second kill comes later than the first, since a resumed run begins where it was.
        target = chance.randrange(20, steps // 2) + attempt * steps // 3
        _wait_for(lambda n=target: _logged(killed) >= n, process)  # type: ignore[misc]
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if attempt == 0:
            process = ganfw_process("resume", killed)
    _resume(killed)
    _assert_same(killed, undisturbed)


KILL_WHILE_SAVING = """
    import os, signal, sys
    from ganfw.launch import train
    from ganfw.storage import atomic, checkpoint
    from ganfw.cli import main

    at, left = sys.argv.pop(1), int(sys.argv.pop(1))
    place, name = {"tensors": (checkpoint, "save_file"), "rename": (atomic, "_exchange"),
                   "last": (atomic, "write_text"), "end": (train, "_write_end")}[at]
    real = getattr(place, name)

    def deadly(*arguments):
        global left
        if at == "last" and arguments[0].name != "last":
            return real(*arguments)
        if at == "rename" and "checkpoints" not in str(arguments[1]):
            return real(*arguments)
        left -= 1
        if left == 0:
            if at == "tensors":
                open(arguments[1], "wb").write(b"half a file")
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments)

    setattr(place, name, deadly)
    main()
"""


@pytest.mark.parametrize(("at", "left"), [("tensors", 4), ("rename", 4), ("last", 4), ("end", 1)])
def test_killed_while_saving(tmp_path: Path, whole: Whole, at: str, left: int) -> None:
    """During a checkpoint, or after the last one, when all that is missing is the word."""
    script = tmp_path / "deadly.py"
    script.write_text(textwrap.dedent(KILL_WHILE_SAVING))
    words = (at, left, "run", *POINTS, *COMMON, "--out", "killed")
    command = [sys.executable, script, *map(str, words)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    (run,) = (tmp_path / "killed").iterdir()
    _resume(run)
    _assert_same(run, whole("points"))
    assert "is finished" in _in_this_process("resume", run).stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_step_saves_and_says_how_to_go_on(
    ganfw_process: Start, tmp_path: Path, whole: Whole, number: signal.Signals
) -> None:
    run = tmp_path / "runs" / "0001-linear-gaussian"
    process = ganfw_process("run", *POINTS, *COMMON, "--out", run.parent)
    _wait_for(lambda: _logged(run) >= 30, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert out.startswith("loss_D ")
    assert f"stopped by {number.name} after step {len(_log(run))}, all state is saved" in err
    assert f"continue with: ganfw resume {run}" in err
    _resume(run)
    _assert_same(run, whole("points"))


def test_schedules_go_on_exactly(tmp_path: Path) -> None:
    schedules = ("--loss", "nonsaturating", "--loss", "r1", "--callback", "ema",
                 "--lr", "1e-4..1e-3 over 9 then 1e-3 over 60% then 1e-3..0",
                 "-s", "loss.r1.gamma=10..1 cosine", "-s", "loss.r1.weight=0..1 over 80",
                 "-s", "callback.ema.decay=0.9..0.999 geometric")  # fmt: skip
    result = _in_this_process("run", *POINTS, *schedules, "--out", tmp_path / "whole")
    assert result.exit_code == 0, result.output
    (whole,) = (tmp_path / "whole").iterdir()
    again = shutil.copytree(whole, tmp_path / whole.name)
    _resume(again, "--from-step", 136)
    _assert_same(again, whole)


def test_steps_go_past_the_epochs_that_nobody_asked_for(tmp_path: Path) -> None:
    """20 epochs of 13 steps are suggested."""
    run = tmp_path / "runs" / "0001-linear-gaussian"
    few = ("--steps", 10, "--out", run.parent, "--lr", "1e-3 over 20 then 1e-3..0")
    result = _in_this_process("run", *POINTS, *few)
    assert result.exit_code == 0
    assert "10 steps end before '0.001..0' begins" in result.stderr
    assert "give --epochs 2, or --steps 20, to go on" in _in_this_process("resume", run).stderr
    _resume(run, "--epochs", 2)
    assert len(_log(run)) == 26
    _resume(run, "--steps", 270)
    assert len(_log(run)) == 270


def test_more_epochs_lengthen_a_finished_run(tmp_path: Path) -> None:
    short = ("run", *POINTS, "--callback", "ema", "--epochs")
    assert _in_this_process(*short, 5, "--out", tmp_path / "whole").exit_code == 0
    assert _in_this_process(*short, 3, "--out", tmp_path / "runs").exit_code == 0
    run = tmp_path / "runs" / "0001-linear-gaussian"
    finished = _in_this_process("resume", run)
    assert finished.exit_code == 1
    advice = "is finished (3 epochs, 39 steps): give --epochs 6, or --steps 78, to go on"
    assert advice in finished.stderr
    _resume(run, "--epochs", 5)
    _assert_same(run, tmp_path / "whole" / run.name)
