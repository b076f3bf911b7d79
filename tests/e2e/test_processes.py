"""Many processes, started by torchrun, over Gloo on this machine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import load_file

RUN = ("run", "--gen", "linear", "--disc", "mlp", "--data", "gaussian", "-s", "data.count=104",
       "-s", "train.batch_size=10", "--epochs", "2", "--no-callback", "loss-curve",
       "--no-callback", "samples")  # fmt: skip
FOLDER = "0001-linear-gaussian"
TROUBLE = """
import os, time
import torch
from ganfw import Callback, Component, hookimpl


class Trouble(Callback):
    on_every_rank = True

    def on_step_end(self, event):
        marker = event.run.folder.path.parent / "failed-once"
        if os.environ.get("RANK") == "1" and event.step == 5:
            {trouble}


@hookimpl
def ganfw_components():
    return [Component("callback", "trouble", "trouble:Trouble", summary="Trouble")]
"""

GROUP = """
import os, sys
from ganfw.runtime.elastic import joined

with joined() as processes:
    import torch._dynamo.variables.distributed  # as torch's optimizers and --compile do
threads = os.listdir("/proc/self/task")
sys.exit(any("gloo" in open(f"/proc/self/task/{thread}/comm").read() for thread in threads))
"""


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def _ganfw(where: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ganfw", *words],
        cwd=where,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _torchrun(where: Path, options: tuple[str, ...], *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "torch.distributed.run", *options, "-m", "ganfw", *words]
    return subprocess.Popen(
        command,
        cwd=where,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="names of threads are read from /proc")
def test_no_thread_of_the_group_outlives_it(tmp_path: Path) -> None:
    """One that frees a tensor while Python ends would abort the process."""
    (tmp_path / "group.py").write_text(GROUP)
    options = ("--standalone", "--nproc-per-node", "2", "group.py")
    command = [sys.executable, "-m", "torch.distributed.run", *options]
    ended = subprocess.run(
        command,
        cwd=tmp_path,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def _rows(folder: Path) -> list[dict[str, float]]:
    """What the run's metrics say, less what a clock has to do with."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    timed = ("time", "examples_per_second")
    return [{key: each for key, each in row.items() if key not in timed} for row in rows]


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    both = (
        load_file(folder / each / "model.safetensors") for each in ("generator", "discriminator")
    )
    return {f"{i}.{name}": each for i, found in enumerate(both) for name, each in found.items()}


@pytest.mark.parametrize(
    "more",
    [
        ("--loss", "nonsaturating", "--loss", "r1", "-s", "train.reduction=sum",
         "-s", "train.disc_steps=2"),
        ("--loss", "least-squares", "-s", "train.accumulate=2", "--callback", "ema"),
    ],
)  # fmt: skip
def test_two_play_the_game_of_one(tmp_path: Path, more: tuple[str, ...]) -> None:
    for nproc in ("1", "2"):
        ended = _ganfw(tmp_path, *RUN, *more, "--nproc", nproc, "--out", nproc)
        assert ended.returncode == 0, ended.stderr
        assert len(ended.stdout.splitlines()) == 1
    one, two = (tmp_path / nproc / FOLDER for nproc in ("1", "2"))
    assert len(_rows(one)) == len(_rows(two))
    for alone, shared in zip(_rows(one), _rows(two), strict=True):
        assert shared == pytest.approx(alone, abs=1e-5)
    weights = _weights(two)
    for name, each in _weights(one).items():
        torch.testing.assert_close(weights[name], each, rtol=1e-4, atol=1e-5)
    assert json.loads((two / "provenance.json").read_text())["machine"]["processes"] == 2
    assert [each.name for each in (tmp_path / "2").iterdir()] == [FOLDER]


def test_a_resumed_run_ends_bit_identical(tmp_path: Path) -> None:
    """With a penalty that draws its own numbers in each process."""
    losses = ("--loss", "nonsaturating", "--loss", "gradient-penalty", "--nproc", "2")
    assert _ganfw(tmp_path, *RUN, *losses, "--steps", "16", "--out", "whole").returncode == 0
    assert _ganfw(tmp_path, *RUN, *losses, "--steps", "6", "--out", "halves").returncode == 0
    ended = _ganfw(tmp_path, "resume", f"halves/{FOLDER}", "--steps", "16", "--nproc=2")
    assert ended.returncode == 0, ended.stderr
    assert "NOTE" not in ended.stderr
    whole, halves = (_weights(tmp_path / out / FOLDER) for out in ("whole", "halves"))
    assert all(torch.equal(whole[name], halves[name]) for name in whole)
    assert _rows(tmp_path / "whole" / FOLDER) == _rows(tmp_path / "halves" / FOLDER)
    alone = _ganfw(tmp_path, "resume", f"halves/{FOLDER}", "--steps", "18")
    assert alone.returncode == 0
    assert "NOTE: this run was saved by 2 processes and is resumed by 1" in alone.stderr


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("raise KeyError('the real reason')", "KeyError: 'the real reason'"),
        ("os.kill(os.getpid(), 9)", "Signal 9 (SIGKILL)"),
        (
            "event.run.players['gen'].parameters()[0].data.add_(1)",
            "Error: the processes no longer hold the same weights",
        ),
    ],
)
def test_one_that_fails_ends_all(tmp_path: Path, trouble: str, said: str) -> None:
    (tmp_path / "trouble.py").write_text(TROUBLE.format(trouble=trouble))
    words = ("--plugin", "trouble.py", "--callback", "trouble", "-s", "train.log_every=1")
    began = time.monotonic()
    ended = _ganfw(tmp_path, *RUN, *words, "--nproc", "2", "--epochs", "200")
    assert ended.returncode != 0
    assert said in ended.stderr
    assert time.monotonic() - began < 60


def _on_two_machines(where: Path, *words: str, restarts: int = 0) -> list[tuple[int, str, str]]:
    """Exit code, stdout and stderr of two agents of one process each, that find each other."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    options = ("--nnodes", "2", "--nproc-per-node", "1", "--rdzv-backend", "c10d",
               "--rdzv-endpoint", f"localhost:{port}", "--rdzv-id", "test",
               "--max-restarts", str(restarts))  # fmt: skip
    agents = [_torchrun(where, options, *words) for _ in range(2)]
    said = [agent.communicate(timeout=120) for agent in agents]
    return [(agent.returncode, *both) for agent, both in zip(agents, said, strict=True)]


def test_two_agents_stand_for_two_machines(tmp_path: Path) -> None:
    ended = _on_two_machines(tmp_path, *RUN)
    assert [code for code, _, _ in ended] == [0, 0], ended
    assert "".join(out for _, out, _ in ended).count("loss_D") == 1
    assert len(_rows(tmp_path / "runs" / FOLDER)) == 22


def test_a_restart_goes_on_from_the_last_checkpoint(tmp_path: Path) -> None:
    """On two machines of which one fails: only its own torchrun counts that as a restart."""
    trouble = "made = os.path.exists('failed-once'); open('failed-once', 'w').close()\n"
    trouble += "            if not made: raise KeyError('once')"
    (tmp_path / "trouble.py").write_text(TROUBLE.format(trouble=trouble))
    ended = _on_two_machines(tmp_path, *RUN, "--plugin", "trouble.py", "--callback", "trouble",
                             "-s", "callback.checkpoints.every_steps=2", restarts=1)  # fmt: skip
    error = "".join(error for _, _, error in ended)
    assert [code for code, _, _ in ended] == [0, 0], error
    assert "KeyError: 'once'" in error
    assert f"runs/{FOLDER}: resuming after step 4 of 22" in error
    assert [each.name for each in (tmp_path / "runs").iterdir()] == [FOLDER]
    assert len(_rows(tmp_path / "runs" / FOLDER)) == 22


def test_an_interruption_saves_once_and_can_be_resumed(tmp_path: Path) -> None:
    process = _torchrun(tmp_path, ("--standalone", "--nproc-per-node", "2"),
                        *RUN, "--epochs", "5000")  # fmt: skip
    folder, state = tmp_path / "runs" / FOLDER, "state.safetensors"
    deadline = time.monotonic() + 60
    while not (folder / "metrics.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    workers: list[Any] = psutil.Process(process.pid).children(recursive=True)
    for worker in workers:
        worker.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert "all state is saved; continue with: ganfw resume" in error
    assert len(list(folder.glob(f"checkpoints/*/{state}"))) >= 1


def test_batch_norm_apart_is_said(tmp_path: Path) -> None:
    words = ("run", "--recipe", "d2l-dcgan", "--data", "sprites", "-s", "data.species=9",
             "-s", "data.individuals=2")  # fmt: skip
    ended = _ganfw(tmp_path, *words, "-s", "train.batch_size=8", "-s", "gen.channels=8",
                   "-s", "disc.channels=8", "--steps", "3", "--nproc", "2")  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert (
        ended.stderr.count("NOTE: batch norm in generator 'dcgan' and discriminator 'dcgan'") == 1
    )
    assert len(_rows(tmp_path / "runs" / "0001-dcgan-sprites")) == 3


def test_a_batch_that_cannot_be_shared(tmp_path: Path) -> None:
    ended = _ganfw(tmp_path, *RUN, "-s", "train.batch_size=9", "--nproc", "2")
    assert ended.returncode != 0
    assert "which 2 processes can't share evenly: give -s train.batch_size=8" in ended.stderr
    typed = _ganfw(tmp_path, *RUN, "-s", "disc.hiden=[3]", "--nproc", "2")
    assert typed.returncode == 2
    assert typed.stderr.splitlines() == ["Error: disc 'mlp' has no option 'hiden'. Did you mean "
                                         "'hidden'?"]  # fmt: skip
