"""All benchmarks, in one table: ours beside a stated reference, in turns, in one run.

    python tests/benchmarks            every row; about half an hour on two cores
    python tests/benchmarks --quick    smaller, within three minutes
    python tests/benchmarks gaussian   some rows: dcgan gaussian data whole penalties
                                       callbacks company processes start plugins frechet
    python tests/benchmarks --gpu      steps on a GPU, within five minutes; some parts of it:
                                       profile dcgan gaussian sprites run compiled zoo graphs
    python tests/benchmarks toys       the gate for losses: see toys.py
    python tests/benchmarks board      what recipes reach by the minute: see board.py

It needs torchvision and psutil, for the reference: ``pip install '.[bench]'``.
"""

from __future__ import annotations

import argparse
import atexit
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator

import board
import company
import frechet
import gpu
import loading
import many_plugins
import overhead
import penalties
import processes
import starting
import steps
import torch
import toys
import whole
from measuring import Row

import ganfw
from ganfw.cli.table import columns
from ganfw.runtime.second_derivatives import fast_second_derivatives

ROWS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "dcgan": steps.dcgan,
    "gaussian": steps.gaussian,
    "data": loading.rows,
    "whole": whole.rows,
    "penalties": penalties.rows,
    "callbacks": overhead.rows,
    "company": company.rows,
    "processes": processes.rows,
    "start": starting.rows,
    "plugins": many_plugins.rows,
    "frechet": frechet.rows,
}


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="python tests/benchmarks")
    parser.add_argument("rows", nargs="*", metavar="ROW")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--device", default="cuda", help="of --gpu; cpu only shows that it runs")
    parser.add_argument("--seconds", type=float, default=300, help="--gpu leaves out what is later")
    given = parser.parse_args()
    known: Iterable[str] = gpu.PARTS if given.gpu else ROWS
    for name in given.rows:
        if name not in known:
            parser.error(f"no row {name}: there are {' '.join(known)}")
    machine = _machine()
    found = [("WHAT", "OURS", "REFERENCE", "RATIO", "REACH")]
    for row in _rows(given.rows or known, given):
        found.append((row.what, row.ours, row.reference, row.ratio, row.reach))
        print("  ".join(found[-1]), flush=True)
    print(f"\n{columns(found)}\n\n{machine}", flush=True)


def _rows(names: Iterable[str], given: argparse.Namespace) -> Iterator[Row]:
    if not given.gpu:
        for name in names:
            yield from ROWS[name](given.quick)
        return
    deadline = time.monotonic() + given.seconds
    bench = gpu.Bench(torch.device(given.device), given.quick, deadline)
    with fast_second_derivatives():  # as runs have them
        for name in names:
            yield from gpu.rows(name, bench)
    if bench.is_lost:
        atexit.register(os._exit, 1)  # Tidying up on a device that failed would fail, and say so.


def _machine() -> str:
    card = f"{torch.cuda.get_device_name()}, " if torch.cuda.is_available() else ""
    return (
        f"{card}{os.cpu_count()} cores {platform.machine()}, "
        f"{torch.backends.cpu.get_cpu_capability()}, "
        f"{torch.get_num_threads()} threads, Python {platform.python_version()}, "
        f"torch {torch.__version__}, ganfw {ganfw.__version__}"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["toys"]:
        toys.main(sys.argv[2:])
    elif sys.argv[1:2] == ["board"]:
        board.main(sys.argv[2:])
    else:
        main()
