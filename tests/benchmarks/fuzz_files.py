"""Hostile configs and files through what reads them: ``python fuzz_files.py [N] [FAMILY ...]``.

Each family of `fuzz_families` gets N examples of hypothesis, which are nearly right: see
`fuzz_inputs`. What a finding is, `fuzzing` says; its input is kept.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from fuzz_families import Family, Files
from fuzzing import Judge, memory
from hypothesis import HealthCheck, Phase, given, seed, settings


def fuzz(name: str, family: Family, count: int, kept: Path) -> None:
    """Try ``count`` examples and print what came of them."""
    strategy, attempts = family
    judge, began, examples = Judge(), time.perf_counter(), 0

    @seed(0)
    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(strategy)
    def one(example: Any) -> None:
        nonlocal examples
        examples += 1
        for attempt in attempts(example):
            if found := judge.is_new(attempt):
                print(f"{name}, example {examples}: {found}", flush=True)
                (kept / f"{name}-{examples}").write_text(repr(example), errors="surrogatepass")

    one()
    seconds = time.perf_counter() - began
    print(f"{name}: {examples} examples in {seconds:.0f} s, {memory() / 2**20:.0f} MiB: "
          f"{dict(judge.came)}", flush=True)  # fmt: skip


def main(count: int, chosen: list[str]) -> None:
    """Fuzz the ``chosen`` families, or all."""
    home = Path(tempfile.mkdtemp(prefix="fuzz-"))
    os.environ |= {"GANFW_CACHE": str(home / "cache"), "OMP_NUM_THREADS": "1"}
    os.chdir(home)
    warnings.simplefilter("ignore")
    logging.disable()
    files = Files(home)
    families = {"labels": files.labels, "arrays": files.arrays, "archives": files.archives,
                "config": files.config, "json": files.json, "safetensors": files.safetensors,
                "toml": files.toml}  # fmt: skip
    for name in chosen or families:
        fuzz(name, families[name](), count, home)
    print(f"findings in {home}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000, sys.argv[2:])
