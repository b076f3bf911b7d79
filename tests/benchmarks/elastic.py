"""A run whose machines come and go: four torchruns on this machine, of which one is lost and found.

    python tests/benchmarks/elastic.py     two to five minutes on two cores, most of it waiting

Four processes share each batch of 10 as 3, 3, 2 and 2. One torchrun is killed with its process, as
if its power were gone: three go on from the last checkpoint and share the batch as 4, 3 and 3. One
more joins: all save, and four go on from there. Then a machine is told to leave, by SIGTERM: again
all save, and three go on. A Ctrl-C stops them. There must be one run, each of its steps once, and
all of them of 10 examples.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

RUN = ("run", "--gen", "linear", "--disc", "mlp", "--data", "gaussian", "--loss", "nonsaturating",
       "--loss", "r1", "-s", "data.count=104", "-s", "train.batch_size=10", "--steps", "1000000",
       "-s", "callback.checkpoints.every_steps=20", "--no-callback", "loss-curve",
       "--no-callback", "samples")  # fmt: skip
CONF = "last_call_timeout=20,keep_alive_interval=1,keep_alive_max_attempt=10"
"""For how long one machine more is waited for, and after how many seconds one is lost."""

PATIENCE = 600.0


class Job:
    """Three or four torchruns of one process each."""

    def __init__(self, where: Path) -> None:
        self.where = where
        self.machines: list[subprocess.Popen[bytes]] = []
        self.names = itertools.count()
        with socket.socket() as free:
            free.bind(("localhost", 0))
            self.endpoint = f"localhost:{free.getsockname()[1]}"

    def join(self) -> None:
        """One more machine, by the same command as all others."""
        words = f"""torch.distributed.run --nnodes 3:4 --nproc-per-node 1 --rdzv-backend c10d
          --rdzv-endpoint {self.endpoint} --rdzv-id job --rdzv-conf {CONF} --max-restarts 9
          -m ganfw""".split()
        variables = {"OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
        with (self.where / f"said-{next(self.names)}").open("wb") as said:
            machine = subprocess.Popen(
                [sys.executable, "-m", *words, *RUN],
                cwd=self.where,
                env={**os.environ, **variables},
                stdout=said,
                stderr=said,
            )
        self.machines.append(machine)

    def lose(self) -> None:
        """The last machine, torchrun and all."""
        machine = self.machines.pop()
        if machine.poll() is None:
            torchrun: Any = psutil.Process(machine.pid)
            for process in (torchrun, *torchrun.children(recursive=True)):
                process.kill()
        machine.wait()

    def leave(self) -> None:
        """The last machine is told to leave."""
        machine = self.machines.pop()
        machine.terminate()
        machine.wait()

    def stop(self) -> list[int]:
        """A Ctrl-C in one process stops all. Returns their torchruns' exit statuses."""
        torchrun: Any = psutil.Process(self.machines[-1].pid)
        torchrun.children()[0].send_signal(signal.SIGINT)
        return [machine.wait(PATIENCE) for machine in self.machines]

    @property
    def said(self) -> str:
        return "".join(path.read_text() for path in sorted(self.where.glob("said-*")))

    @property
    def rows(self) -> list[dict[str, float]]:
        """The metrics of the one run that there is."""
        lines = [line for log in self.where.glob("runs/*/metrics.jsonl") for line in log.open()]
        return [json.loads(line) for line in lines if line.endswith("\n")]

    @property
    def world(self) -> int:
        """How many processes the run was last started in."""
        resumed = re.findall(r"resumed by (\d)", self.said)
        logs = self.where.glob("runs/*/provenance.json")
        started = [json.loads(log.read_text())["machine"]["processes"] for log in logs]
        return int([*started, *resumed][-1]) if started else 0

    def await_world(self, count: int) -> None:
        """Wait until ``count`` processes train, and for some more steps."""
        start, began = time.monotonic(), None
        while began is None or len(self.rows) < began + 25:
            assert time.monotonic() < start + PATIENCE, self.said
            time.sleep(0.1)
            if began is None and self.world == count:
                began = len(self.rows)
        print(f"{count} processes train after {time.monotonic() - start:.0f} s", flush=True)


def check(job: Job) -> None:
    """All that must hold at the end."""
    resumed = [int(step) for step in re.findall(r"resuming after step (\d+)", job.said)]
    stopped = [int(step) for step in re.findall(r"stopped by SIG\w+ after step (\d+)", job.said)]
    print(f"stopped after steps {stopped}, resumed after {resumed}")
    # Only who is lost costs steps: those since the last checkpoint.
    assert all(step % 20 == 0 for step in set(resumed) - set(stopped)), job.said
    assert resumed[-2:] == stopped[-3:-1], job.said
    assert [folder.name for folder in (job.where / "runs").iterdir()] == ["0001-linear-gaussian"]
    assert [row["step"] for row in job.rows] == [*range(1, stopped[-1] + 1)]
    assert {row["examples"] for row in job.rows} == {10}
    # The last batch of an epoch is of 4, too small for either.
    assert all(row["epoch"] == (row["step"] + 9) // 10 for row in job.rows)
    assert all(0.3 < row["loss_D"] < 3 for row in job.rows)


def main() -> None:
    """Play it through."""
    with tempfile.TemporaryDirectory() as where:
        job = Job(Path(where))
        for _ in range(4):
            job.join()
        try:
            job.await_world(4)
            job.lose()
            job.await_world(3)
            job.join()
            job.await_world(4)
            job.leave()
            job.await_world(3)
            ended = job.stop()
            assert ended == [0, 0, 0], (ended, job.said)
        finally:
            while job.machines:
                job.lose()
        check(job)


if __name__ == "__main__":
    main()
