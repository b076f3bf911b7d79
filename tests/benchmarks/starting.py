"""How long commands take to start, and to reach the first step."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from measuring import Row, in_turns

MISTYPED = ("run", "--gen", "dcgan", "--disc", "dcgan", "--data", "pokemon", "-s", "disc.chanels=1")
COMMANDS = {
    "--help": (("-m", "ganfw", "--help"), 100),
    "list": (("-m", "ganfw", "list"), 200),
    "a mistyped option": (("-m", "ganfw", *MISTYPED), 400),
}


def rows(quick: bool) -> Iterator[Row]:
    """Beside ``python -c pass``; the first step beside ``import torch``."""
    actions = {name: _action(words) for name, (words, _) in COMMANDS.items()}
    times = in_turns({"pass": _action(("-c", "pass")), **actions}, 5 if quick else 10)
    for name, (_, budget) in COMMANDS.items():
        added = [o - p for o, p in zip(times[name], times["pass"], strict=True)]
        yield Row(
            f"ganfw {name}, over python -c pass",
            f"{min(times[name]) * 1e3:.0f} ms",
            f"{min(times['pass']) * 1e3:.0f} ms",
            f"+{statistics.median(added) * 1e3:.0f} ms",
            f"+{budget} ms",
        )
    yield _first_step(2 if quick else 4)


def _first_step(rounds: int) -> Row:
    with tempfile.TemporaryDirectory() as name:
        os.environ["GANFW_CACHE"] = f"{name}/cache"
        words = ("-m", "ganfw", "run", "--gen", "dcgan", "--disc", "dcgan", "--data", "sprites",
                 "-s", "data.individuals=1", "-s", "data.species=8", "--epochs", "2",
                 "-s", "train.batch_size=8",
                 "-s", "gen.channels=16", "-s", "disc.channels=16", "--out", name)  # fmt: skip
        times: dict[str, list[float]] = {"torch": [], "run": []}
        for turn in range(rounds + 1):
            torch = _seconds(("-c", "import torch"), until=None)
            run = _seconds(words, until=b"epoch 1/")
            if turn:
                times["torch"].append(torch)
                times["run"].append(run)
        del os.environ["GANFW_CACHE"]
    added = [r - t for r, t in zip(times["run"], times["torch"], strict=True)]
    return Row(
        "the end of the first step, over import torch, warm cache",
        f"{statistics.median(times['run']):.2f} s",
        f"{statistics.median(times['torch']):.2f} s",
        f"+{statistics.median(added):.2f} s",
        "+1.5 s",
    )


def _seconds(words: tuple[str, ...], until: bytes | None) -> float:
    """Until the program ends, or writes a line that begins with ``until`` to stderr."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    for line in process.stderr:
        if until is not None and line.startswith(until):
            break
    seconds = time.perf_counter() - began
    process.stderr.read()
    process.wait()
    return seconds


def _action(words: tuple[str, ...]):  # type: ignore[no-untyped-def]
    return lambda: subprocess.run([sys.executable, *words], capture_output=True, check=False)
