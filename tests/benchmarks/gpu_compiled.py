"""The step on a GPU captured as a CUDA graph, an experiment, and with its networks compiled."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator

import torch
from gpu_timing import Play, Way, beside, made
from gpu_ways import (
    PICTURES,
    POINTS,
    Bench,
    beside_loops,
    gaussian_ways,
    loops,
    our_settings,
    ours,
    real_batch,
    short,
)
from measuring import Row
from steps import our_game, step_of
from torch import Tensor

from ganfw.data.memory_loader import MemoryLoader
from ganfw.errors import GanfwError
from ganfw.interfaces.shapes import Shapes
from ganfw.training.compiling import compile_game
from ganfw.training.game import Game


def graph(bench: Bench) -> Iterator[Row]:
    """The experiment: a step captured once and replayed, beside the same step launched."""
    if bench.tiny:
        yield Row("CUDA graph", "left out: it needs CUDA", "", "", "")
        return
    for batch in bench.batches(64, 256, 1024):
        real = real_batch(bench, batch)
        ways = {"book": loops(bench, real)["book"], "eager": ours(bench, real, "bf16")}
        for precision in ("bf16", "float32"):
            name = f"{precision} as a CUDA graph"
            ways[name] = _captured(bench, real, precision, "d2l-dcgan", PICTURES)
        yield from beside_loops(bench, batch, ways)
    real, ways = gaussian_ways(bench)
    ways["as a CUDA graph"] = _captured(bench, real, "float32", "d2l-gaussian", POINTS)
    yield from beside("Gaussian, batch 8", ways, bench.times(ways), ["book", "eager"])


def _captured(bench: Bench, real: Tensor, precision: str, recipe: str, shapes: Shapes) -> Way:
    def build() -> tuple[Play, Play]:
        prepare = functools.partial(our_settings, precision, bench.device, False)
        game = our_game(recipe, shapes, device=bench.device, train__precision=precision)
        for player in (game.gen, game.disc):
            for group in player.optimizer.param_groups:
                group["capturable"] = True
        step = step_of(game, shapes)
        prepare()
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(3):
                step(real)
        torch.cuda.current_stream().wait_stream(aside)
        captured = torch.cuda.CUDAGraph()
        with torch.cuda.graph(captured):
            step(real)
        return captured.replay, prepare

    return made(bench.device, build, len(real), captured=True)


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
        yield Row("Gaussian and sprites-modern compiled", "left out", "late", "", "")
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
    ways = {"eager": ours(bench, real, "bf16", "sprites-modern")}
    ways["bf16 compiled"] = ours(bench, real, "bf16", "sprites-modern", change=change)
    yield from lines
    yield from beside(f"sprites-modern, batch {batch}", ways, bench.times(ways), ["eager"])


def _compile(real: Tensor, shapes: Shapes, lines: list[Row], game: Game) -> None:
    """A game whose compiled losses lie too far from the eager ones is timed all the same."""
    began, found = time.perf_counter(), "the losses agree"
    loader = MemoryLoader(real, None, None, len(real), 0, real.device)
    try:
        compile_game(game, loader, shapes)
    except GanfwError as error:
        found = short(str(error))
    lines.append(Row("compiling", f"{time.perf_counter() - began:.1f} s", found, "", ""))
