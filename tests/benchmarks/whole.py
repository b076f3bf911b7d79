"""Whole programs: a run on pictures beside the book's script, in time and in memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import reference
from measuring import Row, ratio
from pictures import WHOLE, sprite_folder

REPOSITORY = Path(__file__).parents[2]


def rows(quick: bool) -> Iterator[Row]:
    """Three epochs on as many pictures as the book has; a sample of them in the quick mode."""
    count, epochs, rounds, batch = (192, 1, 1, 64) if quick else (WHOLE, 3, 1, 256)
    folder = sprite_folder(count)
    seconds: dict[str, list[float]] = {"ours": [], "book": []}
    memory: dict[str, list[float]] = {"ours": [], "book": []}
    with tempfile.TemporaryDirectory() as name:
        commands = {
            "ours": [
                *("-m", "ganfw", "run", "--gen", "dcgan", "--disc", "dcgan", "--data", str(folder)),
                *("--epochs", str(epochs), "-s", f"train.batch_size={batch}", "--out", name),
            ],
            "book": [
                *(reference.__file__, str(folder), str(epochs), str(batch)),
                str(Path(name) / "book.png"),
            ],
        }
        for _ in range(rounds):
            for who, words in commands.items():
                took, peak = _run(words, name)
                seconds[who].append(took)
                memory[who].append(peak)
    yield Row(
        f"whole run, {epochs} epoch{'s' * (epochs > 1)} on {count} pictures, batch {batch}",
        f"{statistics.median(seconds['ours']):.1f} s",
        f"{statistics.median(seconds['book']):.1f} s",
        ratio(seconds["book"], seconds["ours"]),
        "1.3 ×",
    )
    yield Row(
        "its greatest resident memory, all processes of each",
        f"{statistics.median(memory['ours']):.0f} MiB",
        f"{statistics.median(memory['book']):.0f} MiB",
        ratio(memory["book"], memory["ours"]),
        "0.83 ×",
    )


def _run(words: list[str], cache: str) -> tuple[float, float]:
    """Seconds, and the peak of resident memory of the program and its children, in MiB."""
    import psutil

    variables = {**os.environ, "GANFW_CACHE": f"{cache}/cache"}
    began, peak = time.perf_counter(), 0.0
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=REPOSITORY,
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        peak = max(peak, _resident(watched))
        time.sleep(0.1)
    assert process.returncode == 0, process.stderr.read().decode() if process.stderr else ""
    return time.perf_counter() - began, peak


def _resident(process: object) -> float:
    """Memory that is its own or its children's, shared pages counted once where that is known."""
    import psutil

    total = 0.0
    assert isinstance(process, psutil.Process)
    try:
        for member in (process, *process.children(recursive=True)):
            total += member.memory_full_info().pss / 2**20
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0
    return total
