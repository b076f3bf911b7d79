"""What it costs to play in several processes: gradients shared, and agreement on what to do next.

All by Gloo on this machine, a thread each, the same batch shared by all. On two cores, two
processes show what sharing gains. Four and eight have no more cores than two: what they lose beside
two is the price of smaller shares and of more messages, and says nothing of four or eight machines.

As a program, started once or by torchrun, it times a step and its parts, and prints JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from measuring import Row

BATCH = 64
REPOSITORY = Path(__file__).parents[2]


def rows(quick: bool) -> Iterator[Row]:
    """DCGAN in 1, 2, 4 and 8 processes."""
    steps = 2 if quick else 10
    alone = _measure(1, steps)
    yield Row(f"DCGAN, batch {BATCH}: 1 process of 1 thread", _rate(alone), "", "", "")
    for count in (2, 4, 8):
        found = _measure(count, steps)
        yield Row(
            f"the same batch shared by {count} processes, {os.cpu_count()} cores",
            _rate(found),
            _rate(alone),
            f"{alone['step'] / found['step']:.2f} ×",
            "",
        )
        sent = 2 * (count - 1) / count * found["bytes"]
        yield Row(
            f"adding up {found['bytes'] / 1e6:.1f} MB of gradients a step, {count} processes",
            f"{found['gradients'] * 1e3:.0f} ms",
            f"{sent / 1e6:.1f} MB sent by each, as a ring does",
            f"{found['gradients'] / found['step']:.1%} of a step",
            "",
        )
        yield Row(
            f"agreeing on saving and stopping, {count} processes",
            f"{found['agreement'] * 1e3:.2f} ms while the step goes on",
            f"{found['alone'] * 1e3:.2f} ms by itself",
            f"{found['agreement'] / found['step']:.2%} of a step",
            "",
        )


def _rate(found: dict[str, float]) -> str:
    return f"{1 / found['step']:.2f} steps/s"


def _measure(count: int, steps: int) -> dict[str, float]:
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count))
    words = [sys.executable, *(torchrun if count > 1 else ()), __file__, str(steps)]
    variables = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        words, cwd=REPOSITORY, env=variables, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


class Stopwatch:
    """Median seconds of what is done over and over; each time may be added up of several calls."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._seconds = 0.0

    def time(self, action: Callable[[], object]) -> None:
        began = time.perf_counter()
        action()
        self._seconds += time.perf_counter() - began

    def lap(self) -> None:
        self.times.append(self._seconds)
        self._seconds = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.times[1:])  # The first warms up.


def main() -> None:
    """Time a step and its parts in this process, among all that were started."""
    import reference
    import steps

    from ganfw.interfaces.shapes import Shapes
    from ganfw.runtime.agreement import Agreement
    from ganfw.runtime.elastic import joined

    torch.set_num_threads(1)
    shapes = Shapes((3, 64, 64), (-1.0, 1.0), 0, reference.LATENT_DIM)
    with joined() as processes:
        agreement = Agreement(processes)
        watches = {name: Stopwatch() for name in ("step", "agreement", "gradients", "alone")}
        real = torch.randn(BATCH // processes.count, 3, 64, 64).clamp(-1, 1)
        game = steps.our_game("d2l-dcgan", shapes, processes)
        step = steps.step_of(
            game, shapes, lambda *_: watches["agreement"].time(lambda: agreement.begin(False))
        )
        weights = [weight for player in (game.gen, game.disc) for weight in player.parameters()]

        def whole() -> None:
            step(real)
            watches["agreement"].time(lambda: agreement.reach(False))

        for _ in range(int(sys.argv[1]) + 1):
            watches["step"].time(whole)
            watches["gradients"].time(lambda: processes.all_reduce_gradients(weights, mean=True))
            watches["alone"].time(lambda: agreement.reach(False))
            for watch in watches.values():
                watch.lap()
        medians = {name: watch.median for name, watch in watches.items()}
        medians["bytes"] = sum(weight.numel() * weight.element_size() for weight in weights)
        if processes.is_first:
            print(json.dumps(medians))


if __name__ == "__main__":
    main()
