"""Many processes, started by --nproc or torchrun, over Gloo on this machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from click.testing import Result
from safetensors.torch import load_file

Ganfw = Callable[..., Result]

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

ONCE = """
            made = os.path.exists('failed-once')
            open('failed-once', 'w').close()
            if not made:
                raise KeyError('once')
""".strip()

GROUP = """
import os, sys
from ganfw.runtime.elastic import joined

with joined() as processes:
    import torch._dynamo.variables.distributed  # as torch's optimizers and --compile do
threads = os.listdir("/proc/self/task")
sys.exit(any("gloo" in open(f"/proc/self/task/{thread}/comm").read() for thread in threads))
"""


def _python(where: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=where,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def _two(where: Path, *words: str) -> tuple[int, str, str]:
    """``ganfw`` in two processes."""
    return _ended(_python(where, "ganfw", *words, "--nproc", "2"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="names of threads are read from /proc")
def test_no_thread_of_the_group_outlives_it(tmp_path: Path) -> None:
    """One that frees a tensor while Python ends would abort the process."""
    (tmp_path / "group.py").write_text(GROUP)
    words = ("--standalone", "--nproc-per-node", "2", "group.py")
    code, _, error = _ended(_python(tmp_path, "torch.distributed.run", *words))
    assert code == 0, error


def _rows(folder: Path) -> list[dict[str, float]]:
    """The run's metrics, without those that depend on a clock."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    for row in rows:
        del row["examples_per_second"]
    return rows


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return {
        f"{player}.{name}": weight
        for player in ("generator", "discriminator")
        for name, weight in load_file(folder / player / "model.safetensors").items()
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        ("--loss", "nonsaturating", "--loss", "r1", "-s", "train.reduction=sum",
         "-s", "train.disc_steps=2"),
        ("--loss", "least-squares", "-s", "train.accumulate=2", "--callback", "ema"),
    ],
)  # fmt: skip
def test_two_play_the_game_of_one(ganfw: Ganfw, tmp_path: Path, more: tuple[str, ...]) -> None:
    alone = ganfw(*RUN, *more, "--out", "one")
    assert alone.exit_code == 0, alone.output
    code, out, error = _two(tmp_path, *RUN, *more, "--out", "two")
    assert code == 0, error
    assert len(out.splitlines()) == 1
    one, two = (tmp_path / out / FOLDER for out in ("one", "two"))
    assert len(_rows(one)) == len(_rows(two))
    for expected, row in zip(_rows(one), _rows(two), strict=True):
        assert row == pytest.approx(expected, abs=1e-5)
    weights = _weights(two)
    for name, weight in _weights(one).items():
        torch.testing.assert_close(weights[name], weight, rtol=1e-4, atol=1e-5)
    assert json.loads((two / "provenance.json").read_text())["machine"]["processes"] == 2
    assert [folder.name for folder in (tmp_path / "two").iterdir()] == [FOLDER]


@pytest.mark.slow
def test_a_resumed_run_ends_bit_identical(ganfw: Ganfw, tmp_path: Path) -> None:
    """With a penalty that draws its own numbers in each process, and a loss that learns."""
    words = ("--loss", "nonsaturating", "--loss", "gradient-penalty", "--loss", "lecam",
             "-s", "loss.lecam.strength=1", "-s", "loss.lecam.decay=0.9",
             "-s", "callback.checkpoints.every_steps=5", "--steps", "12", "--out",
             "whole")  # fmt: skip
    code, _, error = _two(tmp_path, *RUN, *words)
    assert code == 0, error
    whole, resumed = tmp_path / "whole" / FOLDER, tmp_path / "resumed"
    shutil.copytree(whole, resumed)
    code, _, error = _two(tmp_path, "resume", "resumed", "--from-step", "5")
    assert code == 0, error
    assert error.count("resuming after step 5 of 12") == 1
    assert "NOTE" not in error
    weights = _weights(resumed)
    assert all(torch.equal(weights[name], weight) for name, weight in _weights(whole).items())
    assert _rows(whole) == _rows(resumed)
    alone = ganfw("resume", "resumed", "--steps", "14")
    assert alone.exit_code == 0
    assert "this run was saved by 2 processes and is resumed by 1" in alone.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("raise KeyError('the real reason')", "KeyError: 'the real reason'"),
        (
            "os.kill(os.getpid(), 9)",
            "Error: process 1 was killed by SIGKILL, as the system does when memory runs out",
        ),
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
    code, _, error = _two(tmp_path, *RUN, *words, "--epochs", "200")
    assert code == (137 if "kill" in trouble else 1)
    assert said in error
    # Its own, where it has one; torchrun's is not shown.
    assert error.count("Traceback") == ("raise" in trouble)
    assert time.monotonic() - began < 60


@pytest.mark.slow
def test_a_restart_resumes_from_the_last_checkpoint(tmp_path: Path) -> None:
    """With an agent for each of two machines. One process fails, which only its own agent counts
    as a restart. The job has no name of its own."""
    (tmp_path / "trouble.py").write_text(TROUBLE.format(trouble=ONCE))
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    agent = ("torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1",
             "--rdzv-backend", "c10d", "--rdzv-endpoint", f"localhost:{port}", "--max-restarts",
             "1", "-m", "ganfw", *RUN, "--plugin", "trouble.py", "--callback", "trouble", "-s",
             "callback.checkpoints.every_steps=2")  # fmt: skip
    agents = [_python(tmp_path, *agent) for _ in range(2)]
    ended = [_ended(process) for process in agents]
    error = "".join(error for _, _, error in ended)
    assert [code for code, _, _ in ended] == [0, 0], error
    assert "".join(out for _, out, _ in ended).count("loss_D") == 1
    assert "KeyError: 'once'" in error
    assert f"runs/{FOLDER}: resuming after step 4 of 22" in error
    assert [folder.name for folder in (tmp_path / "runs").iterdir()] == [FOLDER]
    assert len(_rows(tmp_path / "runs" / FOLDER)) == 22


@pytest.mark.slow
def test_a_world_that_shrinks_and_grows_goes_on_with_the_same_batch(tmp_path: Path) -> None:
    """4 processes share a batch of 10 as 3, 3, 2 and 2, and 3 as 4, 3 and 3. The last batch of an
    epoch is of 4, too small for either."""
    words = (*RUN, "--loss", "nonsaturating", "--loss", "r1", "--steps", "5", "--nproc", "4")
    code, _, error = _ended(_python(tmp_path, "ganfw", *words))
    assert code == 0, error
    folder = tmp_path / "runs" / FOLDER
    for count, steps in ((3, 15), (4, 20)):
        words = ("resume", str(folder), "--steps", str(steps), "--nproc", str(count))
        code, _, error = _ended(_python(tmp_path, "ganfw", *words))
        assert code == 0, error
        assert f"processes and is resumed by {count}" in error
    rows = _rows(folder)
    assert [row["step"] for row in rows] == [*range(1, 21)]
    assert {row["examples"] for row in rows} == {10}
    assert [row["epoch"] for row in rows] == [1] * 10 + [2] * 10
    assert all(0.3 < row["loss_D"] < 3 for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "by"),
    [("SIGUSR1", "launcher"), ("SIGHUP", "worker"), ("SIGINT", "all"), ("SIGTERM", "torchrun")],
)
def test_a_wish_to_stop_saves_once_and_can_be_resumed(tmp_path: Path, name: str, by: str) -> None:
    """To the process that was started, as Slurm and kill send it; to one of those that train; to
    all at once. torchrun must not take the stop for a failure, and start the run again."""
    words = ("ganfw", *RUN, "--epochs", "5000", "--nproc", "2")
    if by == "torchrun":
        words = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2",
                 "--max-restarts", "1", "-m", "ganfw", *RUN, "--epochs", "5000")  # fmt: skip
    process = _python(tmp_path, *words)
    folder = tmp_path / "runs" / FOLDER
    deadline = time.monotonic() + 60
    # A logged step: all processes train by then, and listen to signals.
    log = folder / "metrics.jsonl"
    while not (log.exists() and log.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.1)
    launcher: Any = psutil.Process(process.pid)
    workers: list[Any] = launcher.children(recursive=True)
    reached = {"launcher": [launcher], "worker": workers[1:2], "all": [launcher, *workers]}
    for target in reached.get(by, workers):
        target.send_signal(getattr(signal, name))
    code, _, error = _ended(process)
    assert code == (0 if by == "torchrun" else 128 + getattr(signal, name)), error
    assert error.count(f"stopped by {name} after step") == 1
    assert "Traceback" not in error
    assert list(folder.glob("checkpoints/*/state.safetensors"))
    assert not [worker for worker in workers if worker.is_running()]


def test_a_job_of_torchrun_goes_on_with_its_run(
    ganfw: Ganfw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever starts it anew, by the same command; another command is another run."""
    (tmp_path / "trouble.py").write_text(TROUBLE.format(trouble=ONCE))
    monkeypatch.setenv("RANK", "1")  # For the trouble alone: there is one process.
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "mine")
    words = (*RUN, "--plugin", "trouble.py", "--callback", "trouble", "--steps", "6", "-s",
             "callback.checkpoints.every_steps=2")  # fmt: skip
    assert isinstance(ganfw(*words).exception, KeyError)
    again = ganfw(*words)
    assert f"runs/{FOLDER}: resuming after step 4 of 6" in again.stderr
    assert [row["step"] for row in _rows(tmp_path / "runs" / FOLDER)] == [*range(1, 7)]
    said = "is finished, and was this job's: give torchrun another --rdzv-id for a new run"
    assert ganfw(*words).stderr.endswith(f"{FOLDER} {said}\n")
    assert ganfw(*words, "--seed", "1").exit_code == 0
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "yours")
    assert ganfw(*words).exit_code == 0
    assert len(list((tmp_path / "runs").iterdir())) == 3


def test_a_typo_is_told_before_processes_start(ganfw: Ganfw) -> None:
    typed = ganfw(*RUN, "-s", "disc.hiden=[3]", "--nproc", "2")
    assert typed.exit_code == 2
    assert typed.stderr == "Error: disc 'mlp' has no option 'hiden'. Did you mean 'hidden'?\n"
