"""Steps on a GPU, in the three precisions: beside the book's loop and the one of the shape that
PyTorch's example has, both as torch's defaults run them (float32, TF32 in convolutions).

Each part stands alone: what fails is a row that says so. A fault on the device ends the process, so
graphs come last. Parts that come too late are left out.
With the device "cpu" all of it runs on tiny batches, to see that it runs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import torch
from gpu_compiled import compiled
from gpu_graphs import graphs
from gpu_timing import LAZY, Way, beside, host_share, wait
from gpu_ways import (
    PRECISIONS,
    Bench,
    beside_loops,
    gaussian_ways,
    loops,
    ours,
    real_batch,
    short,
)
from gpu_zoo import zoo
from measuring import Row

TOP = 12
Part = Callable[[Bench], Iterator[Row]]


def dcgan(bench: Bench) -> Iterator[Row]:
    """DCGAN at 64×64, width 64, eager."""
    for batch in bench.batches(64, 256, 1024):
        real = real_batch(bench, batch)
        ways = loops(bench, real)
        for precision in PRECISIONS:
            ways[precision] = ours(bench, real, precision)
        ways["bf16 with cudnn.benchmark"] = ours(bench, real, "bf16", search=True)
        yield from beside_loops(bench, batch, ways)


def sprites(bench: Bench) -> Iterator[Row]:
    """The game of `pictures`: relativistic, lazy penalties, an augment; eager."""
    for batch in bench.batches(8, 256, 1024)[:2]:
        real = real_batch(bench, batch)
        ways = {name: ours(bench, real, name, "pictures") for name in PRECISIONS}
        title = f"pictures, batch {batch}"
        yield from beside(title, ways, bench.times(ways), ["float32"])


def gaussian(bench: Bench) -> Iterator[Row]:
    """The Gaussian of ch. 20.1, batch 8: overhead alone."""
    _, ways = gaussian_ways(bench)
    yield from beside("Gaussian, batch 8", ways, bench.times(ways), ["book"])


def profile(bench: Bench) -> Iterator[Row]:
    """What a DCGAN step of 256 costs the host, and which operations cost the device most."""
    (batch,) = bench.batches(256, 256)[:1]
    real = real_batch(bench, batch)
    for precision in ("bf16", "float32"):
        way = ours(bench, real, precision)
        host, whole = host_share(way, bench.device, 2 if bench.tiny else 20)
        yield Row(
            f"{precision}, batch {batch}: host time of a step",
            f"{host:.2f} ms",
            f"{whole:.2f} ms in all",
            f"{host / whole:.0%}",
            "",
        )
        yield from _operations(bench, way, precision)


def _operations(bench: Bench, way: Way, precision: str) -> Iterator[Row]:
    activities = [torch.profiler.ProfilerActivity.CPU]
    if not bench.tiny:
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=activities) as profiler:
        for _ in range(LAZY):
            way.play()
        wait(bench.device)
    found = profiler.key_averages()
    launches = sum(it.count for it in found if "LaunchKernel" in it.key) / LAZY
    spent = [
        (it.self_cpu_time_total if bench.tiny else it.self_device_time_total, it)
        for it in found
        if it.device_type == torch.autograd.DeviceType.CPU
    ]
    total = sum(time for time, _ in spent) or 1
    yield Row(
        f"{precision}: device time of a step, all operations",
        f"{total / LAZY / 1e3:.3f} ms",
        f"{launches:.0f} kernel launches",
        "",
        "",
    )
    for time_, it in sorted(spent, key=lambda pair: -pair[0])[:TOP]:
        yield Row(
            f"{precision}: {it.key[:60]}",
            f"{time_ / LAZY / 1e3:.3f} ms a step",
            f"{it.count / LAZY:.0f} calls",
            f"{time_ / total:.0%}",
            "",
        )


def run(bench: Bench) -> Iterator[Row]:
    """``ganfw run`` on sprites, bf16: the whole program, and the speed that it reports."""
    steps, batches = (2, (4,)) if bench.tiny else (200, (256, 1024))
    small = ("-s", "data.species=4", "-s", "data.individuals=4") if bench.tiny else ()
    with tempfile.TemporaryDirectory() as folder:
        for batch in batches:
            words = [
                *(sys.executable, "-m", "ganfw", "run", "--gen", "dcgan", "--disc", "dcgan"),
                *("--data", "sprites", "--steps", str(steps), "--device", str(bench.device)),
                *("-s", "train.precision=bf16", "-s", f"train.batch_size={batch}", *small),
                *("-s", "gen.optimizer.lr=0.0002", "-s", "disc.optimizer.lr=0.0002"),
                *("--out", folder),
            ]
            began = time.perf_counter()
            ended = subprocess.run(
                words,
                capture_output=True,
                text=True,
                timeout=90,
                check=False,
                env={**os.environ, "GANFW_CACHE": f"{folder}/cache"},
            )
            speed = re.search(r"([\d.]+) examples/sec on (\S+)", ended.stdout)
            yield Row(
                f"ganfw run, sprites, bf16, batch {batch}, {steps} steps",
                f"{speed[1]} examples/s on {speed[2]}" if speed else short(ended.stderr[-400:]),
                f"{time.perf_counter() - began:.1f} s with start and pictures",
                "",
                "40000/s",
            )


PARTS: dict[str, Part] = {
    "profile": profile,
    "dcgan": dcgan,
    "gaussian": gaussian,
    "sprites": sprites,
    "run": run,
    "compiled": compiled,
    "zoo": zoo,
    "graphs": graphs,
}


def rows(name: str, bench: Bench) -> Iterator[Row]:
    """The rows of one part; one that says why, where the rest of it fails or comes too late."""
    if bench.is_lost:
        yield Row(name, "left out", "the device failed before", "", "")
        return
    if bench.is_late(10):
        yield Row(name, "left out", "late", "", "")
        return
    try:
        yield from PARTS[name](bench)
    except Exception as error:
        yield Row(name, f"fails: {type(error).__name__}: {short(str(error))}", "", "", "")
    if not bench.is_lost and bench.device.type == "cuda":
        bench.is_lost = _is_lost()


def _is_lost() -> bool:
    """Whether a fault has made the device unusable for this process."""
    try:
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
    except RuntimeError:
        return True
    return False
