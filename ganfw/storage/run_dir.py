"""The layout of a run on disk."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import filelock

from ..errors import RunError
from . import atomic

_NAME = 60  # characters: of at most 4 bytes each, where 255 bytes are allowed
_NUMBERED = re.compile(r"(\d{4,})(-.+)?")


class RunDir:
    """One run's folder, such as ``runs/0007-dcgan-pokemon``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.toml"
        self.provenance = path / "provenance.json"
        self.metrics = path / "metrics.jsonl"
        self.scores = path / "scores.jsonl"
        self.warnings = path / "warnings.jsonl"
        self.samples = path / "samples"
        self.losses = path / "losses.png"
        self.checkpoints = path / "checkpoints"
        self.plugins = path / "plugins"

    def write(self, name: str, content: bytes) -> Path:
        """Write the file ``name`` below the folder, whole or not at all; return its path."""
        atomic.write_bytes(self.path / name, content)
        return self.path / name

    def discard(self) -> None:
        """Remove the folder of a run that never began, as far as the disk allows."""
        shutil.rmtree(self.path, ignore_errors=True)

    def pictures(self) -> list[Path]:
        """The pictures of samples, from the first step's to the last's."""
        found = (path for path in self.samples.glob("*.png") if path.stem.isdecimal())
        return sorted(found, key=lambda path: int(path.stem))

    def lock(self) -> AbstractContextManager[object]:
        """Lock the folder for this process; leaving the context releases it. Raises RunError while
        another one trains in it, on whatever machine that shares the folder."""
        lock, holder = filelock.FileLock(self.path / ".lock", timeout=0), self.path / ".holder"
        try:
            held = lock.acquire()
        except filelock.Timeout:
            raise RunError(
                f"{self.path} is being trained by another process{_named(holder)}"
            ) from None
        except (OSError, NotImplementedError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise RunError(f"{self.path} can't be locked: {reason}") from None
        with suppress(OSError):
            atomic.write_text(holder, f"{os.getpid()} on {socket.gethostname()}")
        return held


@contextmanager
def explain_disk(folder: Path) -> Iterator[None]:
    """Raises RunError, naming the file or the ``folder``, for what the disk refuses."""
    try:
        yield
    except OSError as error:
        where, reason = error.filename or folder, error.strerror or error
        raise RunError(f"{where} can't be read or written: {reason}") from error


def create(out: Path, name: str) -> RunDir:
    """Make the next folder ``out/NNNN-name``; no two processes are given the same number. A name
    that is too long for comfort is cut.

    Raises RunError if ``out`` can't be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        return RunDir(_claim(out, name[:_NAME].rstrip("-")))
    except OSError as error:
        raise RunError(f"can't make a run folder in {out}: {error.strerror}; give --out") from None


def open_run(path: Path) -> RunDir:
    """The run in the folder ``path``. Raises RunError if there is none."""
    run = RunDir(path)
    if not path.is_dir():
        raise RunError(f"no run folder {path}{near_runs(path)}")
    if not run.config.is_file():
        raise RunError(f"{path} is no run folder: it has no config.toml{near_runs(path)}")
    return run


def _named(holder: Path) -> str:
    """Which process holds a lock, as far as is known."""
    with suppress(OSError, ValueError):
        return f", {holder.read_text(encoding='utf-8')}"
    return ""


def _claim(out: Path, name: str) -> Path:
    """Claim a number by making the bare folder, which only one process can, then name it.

    A slower process may have read the list before a faster one named its folder. So after making
    ours we look again, and try the next number if this one is taken.
    """
    number = max(_numbers(out), default=0)
    while True:
        number += 1
        bare = out / f"{number:04d}"
        try:
            bare.mkdir()
        except FileExistsError:
            continue
        if _numbers(out).count(number) > 1:
            bare.rmdir()
            continue
        return bare.rename(out / f"{number:04d}-{name}")


def _numbers(out: Path) -> list[int]:
    matches = (_NUMBERED.fullmatch(path.name) for path in out.iterdir())
    return [int(match[1]) for match in matches if match]


def near_runs(path: Path) -> str:
    """What follows an error about ``path``, which is no run: the run that may have been meant: one
    that it lies in, one of its number, or those that there are."""
    for parent in path.parents:
        if (parent / "config.toml").is_file() and (parent / "provenance.json").is_file():
            return f"; did you mean the run {parent}?"
    numbered = [
        run.parent
        for run in Path("runs").glob("*/config.toml")
        if path.name.isdecimal() and run.parent.name.startswith(f"{int(path.name):04d}-")
    ]
    if numbered:
        return f"; did you mean {numbered[0]}?"
    runs = sorted(config.parent for config in path.parent.glob("*/config.toml"))
    inside = sorted(config.parent for config in path.glob("*/config.toml"))
    if inside:
        return f"; did you mean {inside[-1]}?"
    runs = runs or sorted(config.parent for config in Path("runs").glob("*/config.toml"))
    return f"; there are {', '.join(map(str, runs[-3:]))}" if runs else ""


def evenly_spaced(length: int, most: int) -> list[int]:
    """At most ``most`` of the indices below ``length``, evenly spread, with both ends."""
    if length <= most:
        return list(range(length))
    return sorted({round(i * (length - 1) / (most - 1)) for i in range(most)})
