"""A job that loses a machine and gets another one: torchrun's elasticity, over Gloo here."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

BATCH = 10
RUN = ("run", "--gen", "linear", "--disc", "mlp", "--data", "gaussian", "-s", "data.count=100000",
       "-s", f"train.batch_size={BATCH}", "--steps", "1000000", "-s", "train.log_every=5",
       "-s", "callback.checkpoints.every_steps=20", "--no-callback", "loss-curve",
       "--no-callback", "samples", "--plugin", "pace.py", "--callback", "pace")  # fmt: skip
PACE = """
import os, time
from pathlib import Path
from ganfw import Callback, Component, hookimpl


class Pace(Callback):
    '''Slow enough to be watched, until the test says that it has seen enough.'''

    def on_train_start(self, event):
        with open("worlds", "a") as worlds:
            print(os.environ["WORLD_SIZE"], event.step, file=worlds)

    def on_step_end(self, event):
        time.sleep(0.02)
        if Path("enough").exists():
            event.run.request_stop("the test")


@hookimpl
def ganfw_components():
    return [Component("callback", "pace", "pace:Pace", summary="Pace")]
"""


@contextmanager
def _machine(
    where: Path, port: int, processes: int, is_host: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """An agent of torchrun with its workers; killed in the end as by a power failure. The host
    keeps the store that all machines meet in."""
    words = (sys.executable, "-m", "torch.distributed.run", "--nnodes", "1:2",
             "--nproc-per-node", str(processes), "--max-restarts", "9", "--rdzv-id", "elastic",
             "--rdzv-backend", "c10d", "--rdzv-endpoint", f"localhost:{port}", "--rdzv-conf",
             f"is_host={is_host},last_call_timeout=30,keep_alive_interval=1,keep_alive_max_attempt=3",
             "-m", "ganfw", *RUN)  # fmt: skip
    with (where / f"said-{time.monotonic_ns()}").open("wb") as said:
        agent = subprocess.Popen(
            words, cwd=where, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=said, stderr=said
        )
        try:
            yield agent
        finally:
            _kill(agent)


def _kill(agent: subprocess.Popen[bytes]) -> None:
    if agent.poll() is None:
        own = psutil.Process(agent.pid)
        for process in (own, *own.children(recursive=True)):
            process.kill()
        agent.wait()


def _wait(until: Callable[[], bool], where: Path, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        if time.monotonic() > deadline:
            said = [path.read_text(errors="replace")[-3000:] for path in where.glob("said-*")]
            pytest.fail("\n".join(said))
        time.sleep(0.1)


def _worlds(where: Path) -> list[tuple[int, int]]:
    """How many processes began each time, and after which step."""
    path = where / "worlds"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(int(count), int(step)) for count, step in map(str.split, lines)]


def _checkpoint(where: Path) -> int:
    """The step of the last checkpoint, or 0."""
    saved = [*where.glob("runs/*/checkpoints/last")]
    return int(saved[0].read_text()) if saved else 0


@pytest.mark.slow
def test_a_world_that_shrinks_and_grows_goes_on_with_the_same_batch(tmp_path: Path) -> None:
    """From 4 processes to 3, which share a batch of 10 as 4, 3 and 3, and back to 4."""
    (tmp_path / "pace.py").write_text(PACE)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]

    def saved_in(world: int, number: int) -> bool:
        worlds = _worlds(tmp_path)
        return (
            len(worlds) > number
            and worlds[-1][0] == world
            and _checkpoint(tmp_path) > worlds[-1][1]
        )

    with ExitStack() as machines:
        first = machines.enter_context(_machine(tmp_path, port, 2, is_host=True))
        lost = machines.enter_context(_machine(tmp_path, port, 2))
        _wait(lambda: saved_in(4, 0), tmp_path)
        _kill(lost)
        lost = machines.enter_context(_machine(tmp_path, port, 1))
        _wait(lambda: saved_in(3, 1), tmp_path)
        _kill(lost)
        last = machines.enter_context(_machine(tmp_path, port, 2))
        _wait(lambda: saved_in(4, 2), tmp_path)
        (tmp_path / "enough").touch()
        _wait(lambda: first.poll() is not None and last.poll() is not None, tmp_path)
        assert (first.returncode, last.returncode) == (0, 0)
    (folder,) = (tmp_path / "runs").iterdir()
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [*range(1, len(rows) + 1)]
    assert {row["examples"] for row in rows} == {BATCH}
