"""What it costs to play in two processes: gradients shared, and agreement on what to do next.

As a program, started once or by torchrun, it times them and prints JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from measuring import Row, in_turns

BATCH = 32
REPOSITORY = Path(__file__).parents[2]


def rows(quick: bool) -> Iterator[Row]:
    """DCGAN on a core each: two processes, with twice the batch, beside one."""
    rounds = 2 if quick else 12
    alone = _measure((), rounds)
    both = _measure(
        ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"), rounds
    )
    yield Row(
        f"DCGAN step, 2 processes of {BATCH} beside 1 of {BATCH}, a core each",
        f"{both['step'] * 1e3:.0f} ms",
        f"{alone['step'] * 1e3:.0f} ms",
        f"{alone['step'] / both['step']:.0%} of linear",
        "",
    )
    megabytes = both["weights"] * 4 / 1e6
    yield Row(
        f"adding up {megabytes:.1f} MB of gradients, 2 processes by Gloo",
        f"{both['gradients'] * 1e3:.1f} ms",
        f"{both['step'] * 1e3:.0f} ms a step",
        f"{both['gradients'] / both['step']:.1%}",
        "",
    )
    yield Row(
        "agreeing on saving and stopping, once a step",
        f"{both['agreement'] * 1e3:.2f} ms",
        f"{both['step'] * 1e3:.0f} ms a step",
        f"{both['agreement'] / both['step']:.2%}",
        "",
    )


def _measure(launcher: tuple[str, ...], rounds: int) -> dict[str, float]:
    words = [sys.executable, *launcher, __file__, str(rounds)]
    variables = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        words, cwd=REPOSITORY, env=variables, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Time a step and its parts in this process, among all that were started."""
    import reference
    import steps

    from ganfw.interfaces.shapes import Shapes
    from ganfw.runtime.agreement import Agreement
    from ganfw.runtime.elastic import joined

    torch.set_num_threads(1)
    shapes = Shapes((3, 64, 64), (-1.0, 1.0), 0, reference.LATENT_DIM)
    real = torch.randn(BATCH, 3, 64, 64).clamp(-1, 1)
    with joined() as processes:
        agreement = Agreement(processes)
        game = steps.our_game("d2l-dcgan", shapes, processes)
        step = steps.step_of(game, shapes)
        step(real)
        weights = [weight for player in (game.gen, game.disc) for weight in player.parameters()]
        actions = {
            "step": lambda: step(real),
            "gradients": lambda: processes.all_reduce_gradients(weights, mean=True),
            "agreement": lambda: agreement.reach(False, False),
        }
        times = in_turns(actions, int(sys.argv[1]))
        medians: dict[str, float] = {n: statistics.median(seconds) for n, seconds in times.items()}
        medians["weights"] = sum(weight.numel() for weight in weights)
        if processes.is_first:
            print(json.dumps(medians))


if __name__ == "__main__":
    main()
