"""All benchmarks, in one table: ours beside a stated reference, in turns, in one run.

    python tests/benchmarks            every row; about half an hour on two cores
    python tests/benchmarks --quick    smaller, within three minutes
    python tests/benchmarks gaussian   some rows: dcgan gaussian data whole callbacks
                                       processes start plugins frechet

It needs torchvision and psutil, for the reference: ``pip install '.[bench]'``.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator

import frechet
import loading
import many_plugins
import overhead
import processes
import starting
import steps
import torch
import whole
from measuring import Row

import ganfw
from ganfw.cli.table import columns

ROWS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "dcgan": steps.dcgan,
    "gaussian": steps.gaussian,
    "data": loading.rows,
    "whole": whole.rows,
    "callbacks": overhead.rows,
    "processes": processes.rows,
    "start": starting.rows,
    "plugins": many_plugins.rows,
    "frechet": frechet.rows,
}


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="python tests/benchmarks")
    parser.add_argument("rows", nargs="*", metavar="ROW", choices=[[], *ROWS])
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    found = [("WHAT", "OURS", "REFERENCE", "RATIO", "REACH")]
    for name in given.rows or ROWS:
        for row in ROWS[name](given.quick):
            found.append((row.what, row.ours, row.reference, row.ratio, row.reach))
            print("  ".join(found[-1]), flush=True)
    print(f"\n{columns(found)}\n\n{_machine()}")


def _machine() -> str:
    return (
        f"{os.cpu_count()} cores {platform.machine()}, {torch.backends.cpu.get_cpu_capability()}, "
        f"{torch.get_num_threads()} threads, Python {platform.python_version()}, "
        f"torch {torch.__version__}, ganfw {ganfw.__version__}"
    )


if __name__ == "__main__":
    main()
