"""Killed at any moment and resumed, a run ends with the very bytes it would have had."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ganfw import atomic

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
COMMON = ("--callback", "ema", "--callback", "lr-schedule", "--no-callback", "loss-curve",
          "--no-callback", "samples", "-s", "train.log_every=5")  # fmt: skip


def _weights(run: Path) -> dict[str, bytes]:
    names = ("generator", "discriminator", "generator_ema")
    return {name: (run / name / "model.safetensors").read_bytes() for name in names}


def _steps(run: Path) -> list[int]:
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["step"] for line in lines]


def _losses(run: Path) -> list[tuple[float, float]]:
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(row["loss_D"], row["loss_G"]) for row in rows]


def _finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


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
    ganfw_process: Start, tmp_path: Path, what: str
) -> None:
    words = (*(POINTS if what == "points" else PICTURES), *COMMON)
    whole = tmp_path / "whole"
    last_line = _finish(ganfw_process("run", *words, "--out", whole))
    (whole_run,) = whole.iterdir()
    steps = _steps(whole_run)
    assert steps == list(range(1, len(steps) + 1))

    chance = random.Random(what)
    killed = tmp_path / "killed"
    process = ganfw_process("run", *words, "--out", killed)
    (killed_run,) = [killed / whole_run.name]
    for attempt in range(2):
        # Somewhere after the next checkpoint, so that every attempt gets further.
        target = chance.randrange(20, len(steps) // 2) + attempt * len(steps) // 3
        _wait_for(lambda run=killed_run, n=target: _logged(run) >= n, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process = ganfw_process("resume", killed_run)
    assert _rate_aside(_finish(process)) == _rate_aside(last_line)
    assert _steps(killed_run) == steps
    assert _losses(killed_run) == _losses(whole_run)
    assert _weights(killed_run) == _weights(whole_run)


def _rate_aside(line: str) -> list[str]:
    """``loss_D …, loss_G …`` without the speed, which no two runs share."""
    return line.split(", ")[:2]


KILL_WHILE_SAVING = """
    import os, signal, sys
    from ganfw import atomic, checkpoint
    from ganfw.cli import main

    at, left = sys.argv.pop(1), int(sys.argv.pop(1))
    place, name = {"tensors": (checkpoint, "save_file"), "rename": (atomic, "_exchange"),
                   "last": (atomic, "write_text")}[at]
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


@pytest.mark.parametrize("at", ["tensors", "rename", "last"])
def test_killed_during_a_checkpoint(ganfw_process: Start, tmp_path: Path, at: str) -> None:
    words = (*POINTS, *COMMON)
    _finish(ganfw_process("run", *words, "--out", "whole"))
    script = tmp_path / "deadly.py"
    script.write_text(textwrap.dedent(KILL_WHILE_SAVING))
    command = [sys.executable, script, at, "4", "run", *map(str, words), "--out", "killed"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    (run,) = (tmp_path / "killed").iterdir()
    _finish(ganfw_process("resume", run))
    assert _weights(run) == _weights(tmp_path / "whole" / run.name)
    assert _steps(run) == _steps(tmp_path / "whole" / run.name)
    assert not list((run / "checkpoints").glob(f"{atomic.TEMPORARY}*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_step_saves_and_says_how_to_go_on(
    ganfw_process: Start, tmp_path: Path, number: signal.Signals
) -> None:
    words = (*POINTS, *COMMON)
    _finish(ganfw_process("run", *words, "--out", "whole"))
    process = ganfw_process("run", *words, "--out", "runs")
    run = tmp_path / "runs" / "0001-linear-gaussian"
    _wait_for(lambda: _logged(run) >= 30, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert out.startswith("loss_D ")
    command = err.splitlines()[-1].rpartition("go on with: ganfw ")[2]
    assert command.startswith("resume ")
    assert f"stopped by {number.name}" in err
    _finish(ganfw_process(*command.split()))
    assert _weights(run) == _weights(tmp_path / "whole" / run.name)
    assert _steps(run) == _steps(tmp_path / "whole" / run.name)


def test_more_epochs_lengthen_a_finished_run(ganfw_process: Start, tmp_path: Path) -> None:
    short = (*POINTS[:-3], 3, *POINTS[-2:], "--callback", "ema")
    _finish(ganfw_process("run", *short, "--out", "whole", "--epochs", 5))
    _finish(ganfw_process("run", *short, "--out", "runs"))
    run = tmp_path / "runs" / "0001-linear-gaussian"
    finished = ganfw_process("resume", run)
    _, err = finished.communicate(timeout=60)
    assert finished.returncode == 1
    assert "is finished (3 epochs, 39 steps): give --epochs 6 to go on" in err
    _finish(ganfw_process("resume", run, "--epochs", 5))
    assert _weights(run) == _weights(tmp_path / "whole" / run.name)
