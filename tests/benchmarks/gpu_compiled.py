"""The step on a GPU with its networks compiled."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator

import torch
from gpu_timing import beside
from gpu_ways import (
    PICTURES,
    POINTS,
    Bench,
    beside_loops,
    gaussian_ways,
    loops,
    ours,
    real_batch,
    short,
)
from measuring import Row
from torch import Tensor

from ganfw.data.memory_loader import MemoryLoader
from ganfw.errors import GanfwError
from ganfw.interfaces.shapes import Shapes
from ganfw.training.compiling import compile_game
from ganfw.training.game import Game


def compiled(bench: Bench) -> Iterator[Row]:
    """The networks compiled, beside the same game eager; the most telling first."""
    import torch._dynamo.config

    torch._dynamo.config.recompile_limit = 64
    cases = [("bf16", 256), ("float32", 256), ("bf16", 1024), ("bf16", 64), ("tf32", 256)]
    for precision, batch in [("bf16", 4)] if bench.tiny else cases[: 2 if bench.quick else 5]:
        if bench.is_late(40):
            yield Row(f"DCGAN, {precision} compiled, batch {batch}", "left out", "late", "", "")
            continue
        real = real_batch(bench, batch)
        ways = {"book": loops(bench, real)["book"], "eager": ours(bench, real, precision)}
        lines: list[Row] = []
        change = functools.partial(_compile, real, PICTURES, lines)
        ways[f"{precision} compiled"] = ours(bench, real, precision, change=change)
        yield from lines
        yield from beside_loops(bench, batch, ways)
    yield from _others_compiled(bench)


def _others_compiled(bench: Bench) -> Iterator[Row]:
    if bench.is_late(60):
        yield Row("Gaussian and pictures compiled", "left out", "late", "", "")
        return
    real, ways = gaussian_ways(bench)
    lines: list[Row] = []
    change = functools.partial(_compile, real, POINTS, lines)
    ways["compiled"] = ours(bench, real, "float32", "d2l-gaussian", POINTS, change)
    yield from lines
    yield from beside("Gaussian, batch 8", ways, bench.times(ways), ["book", "eager"])
    (batch,) = bench.batches(256, 256)[:1]
    real, lines = real_batch(bench, batch), []
    change = functools.partial(_compile, real, PICTURES, lines)
    ways = {"eager": ours(bench, real, "bf16", "pictures")}
    ways["bf16 compiled"] = ours(bench, real, "bf16", "pictures", change=change)
    yield from lines
    yield from beside(f"pictures, batch {batch}", ways, bench.times(ways), ["eager"])


def _compile(real: Tensor, shapes: Shapes, lines: list[Row], game: Game) -> None:
    """A game whose compiled losses lie too far from the eager ones is timed all the same."""
    began, found = time.perf_counter(), "the losses agree"
    for player in game.players.values():
        # As a compiled run on a GPU has them.
        player.network.to(memory_format=torch.contiguous_format)
    loader = MemoryLoader(real, None, None, len(real), 0, real.device)
    try:
        compile_game(game, loader, shapes)
    except GanfwError as error:
        found = short(str(error))
    lines.append(Row("compiling", f"{time.perf_counter() - began:.1f} s", found, "", ""))
