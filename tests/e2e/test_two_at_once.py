"""Two runs started at the same moment do not disturb each other."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from ganfw import RunError
from ganfw.storage.run_dir import create, open_run

Start = Callable[..., "subprocess.Popen[str]"]


def test_both_finish_in_folders_of_their_own(ganfw_process: Start, tmp_path: Path) -> None:
    words = ("run", "--gen", "linear", "--disc", "mlp", "--data", "gaussian", "--steps", 20,
             "-s", "data.seed=7", "--no-callback", "loss-curve")  # fmt: skip
    both = [ganfw_process(*words) for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    runs = sorted((tmp_path / "runs").iterdir())
    assert [run.name for run in runs] == ["0001-linear-gaussian", "0002-linear-gaussian"]
    weights = [(run / "generator" / "model.safetensors").read_bytes() for run in runs]
    assert weights[0] == weights[1]


def test_a_run_in_training_is_not_resumed(tmp_path: Path, ganfw: Callable[..., Result]) -> None:
    run = create(tmp_path, "busy")
    uses = {"gen": "linear", "disc": "mlp", "data": "gaussian"}
    config = "[train]\n" + "".join(f'[{at}]\nuse = "ganfw/{use}"\n' for at, use in uses.items())
    run.write("config.toml", config.encode())
    with open_run(run.path).lock():
        result = ganfw("resume", run.path)
    assert result.exit_code == RunError.exit_code
    said = f"is being trained by another process, {os.getpid()} on {socket.gethostname()}"
    assert result.stderr == f"Error: {run.path} {said}\n"
