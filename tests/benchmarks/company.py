"""Runs beside another program that keeps a core busy, as a browser may on a laptop."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measuring import Row, median_rate, ratio

VARIABLE = "OMP_NUM_THREADS"
WARM_UP = 50


def rows(quick: bool) -> Iterator[Row]:
    """``pictures`` quiet and in company, with one thread and with all."""
    rounds, steps = (1, 150) if quick else (4, 400)
    all_threads = {VARIABLE: str(os.cpu_count())}
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as cache:
        variables = {"GANFW_CACHE": cache}
        for _ in range(rounds):
            for where, company in (("quiet", contextlib.nullcontext), ("company", _busy_loop)):
                for who, more in (("ours", {VARIABLE: "1"}), ("all", all_threads)):
                    with company():
                        rate = _examples_per_second(steps, variables | more)
                    rates.setdefault(f"{who} {where}", []).append(rate)
    for where, what in (("quiet", "alone"), ("company", "beside a busy loop")):
        ours, others = rates[f"ours {where}"], rates[f"all {where}"]
        yield Row(
            f"pictures {what}, {VARIABLE}=1 beside {VARIABLE}={os.cpu_count()}",
            f"{statistics.median(ours):.0f} examples/s",
            f"{statistics.median(others):.0f} examples/s",
            ratio(ours, others),
            "",
        )


def _examples_per_second(steps: int, variables: dict[str, str]) -> float:
    """The median rate of a run's log, but for its first steps."""
    environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
    with tempfile.TemporaryDirectory() as out:
        words = (sys.executable, "-m", "ganfw", "run", "--recipe", "pictures", "--out", out,
                 "--steps", str(steps), "-s", "train.log_every=10")  # fmt: skip
        subprocess.run(words, env=environment | variables, capture_output=True, check=True)
        (run,) = Path(out).iterdir()
        return median_rate(run, WARM_UP)


@contextlib.contextmanager
def _busy_loop() -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()
