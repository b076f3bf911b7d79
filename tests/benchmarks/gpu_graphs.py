"""Steps on a GPU with ``train.cuda_graphs``, beside the launched ones and the book's loop."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from gpu_timing import Play, Way, beside, made
from gpu_ways import (
    NO_SETTINGS,
    PICTURES,
    POINTS,
    Bench,
    beside_loops,
    gaussian_ways,
    loops,
    our_settings,
    ours,
    real_batch,
)
from measuring import Row
from steps import our_game, step_of
from torch import Tensor

from ganfw.data.memory_loader import MemoryLoader
from ganfw.interfaces.shapes import Shapes
from ganfw.training.graphs import capture_game


def graphs(bench: Bench) -> Iterator[Row]:
    """DCGAN in three sizes of batch, `pictures` in its own, and the Gaussian."""
    if bench.tiny:
        yield Row("CUDA graphs", "left out: they need CUDA", "", "", "")
        return
    for batch in bench.batches(64, 256, 1024):
        real = real_batch(bench, batch)
        ways = {"book": loops(bench, real)["book"], "eager": ours(bench, real, "bf16")}
        for precision in ("bf16", "tf32"):
            ways[f"{precision} graphs"] = replayed(bench, real, precision)
        yield from beside_loops(bench, batch, ways)
    real = real_batch(bench, 8)
    ways = {"eager": ours(bench, real, "tf32", "pictures")}
    ways["graphs"] = replayed(bench, real, "tf32", "pictures")
    yield from beside("pictures, batch 8, tf32", ways, bench.times(ways), ["eager"])
    real, ways = gaussian_ways(bench)
    ways["graphs"] = replayed(bench, real, "float32", "d2l-gaussian", POINTS)
    yield from beside("Gaussian, batch 8", ways, bench.times(ways), ["book", "eager"])


def replayed(
    bench: Bench,
    real: Tensor,
    precision: str,
    recipe: str = "d2l-dcgan",
    shapes: Shapes = PICTURES,
    settings: Mapping[str, object] = NO_SETTINGS,
) -> Way:
    """A game of ours whose steps are replayed, as a run has them."""

    def build() -> tuple[Play, Play]:
        prepare = functools.partial(our_settings, precision, bench.device, False)
        game = our_game(recipe, shapes, device=bench.device, train__precision=precision, **settings)
        game.turns.total_steps = 10**6
        prepare()
        # The loader has what the capture reads: a batch of the same shape.
        loader = MemoryLoader(real, None, None, len(real), 0, bench.device)
        captured = capture_game(game, loader, shapes)
        step = step_of(game, shapes, play=captured.step)
        return functools.partial(step, real), prepare

    return made(bench.device, build, len(real), captured=True)
