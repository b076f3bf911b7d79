"""``--nproc``: the same command in several processes, started by torchrun."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

nproc_option = click.option(
    "--nproc", type=click.IntRange(1), default=1, help="Processes on this machine, by torchrun."
)


def is_first() -> bool:
    """Whether this process speaks for all, as torchrun numbers them."""
    return os.environ.get("RANK", "0") == "0"


def run_in(count: int, argv: Sequence[str]) -> NoReturn:
    """Become torchrun with ``count`` processes on this machine, each running ``argv``."""
    variables = dict(os.environ)
    variables.setdefault("OMP_NUM_THREADS", str(max((os.cpu_count() or 1) // count, 1)))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(count), "-m", "ganfw", *without_nproc(argv)]
    os.execve(sys.executable, command, variables)


def without_nproc(argv: Sequence[str]) -> list[str]:
    """``argv`` less ``--nproc N`` or ``--nproc=N``."""
    kept, words = [], iter(argv)
    for word in words:
        if word == "--nproc":
            next(words, None)
        elif not word.startswith("--nproc="):
            kept.append(word)
    return kept
