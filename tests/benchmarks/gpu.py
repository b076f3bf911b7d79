"""Steps on a GPU, in the three precisions: beside the book's loop and the one of the shape that
PyTorch's example has, both as torch's defaults run them (float32, TF32 in convolutions).

Each part stands alone: what fails is a row that says so. ``graph`` is an experiment that ganfw
does not offer: the whole step captured as a CUDA graph. Parts that come too late are left out.
With the device "cpu" all of it runs on tiny batches, to see that it runs.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import reference
import torch
from gpu_timing import LAZY, Play, Way, beside, host_share, made, seconds_a_step, wait
from measuring import Row
from steps import our_game, step_of
from torch import Tensor

from ganfw.data.memory_loader import MemoryLoader
from ganfw.errors import GanfwError
from ganfw.interfaces.shapes import Shapes
from ganfw.runtime.precision import choose_precision
from ganfw.training.compiling import compile_game
from ganfw.training.game import Game

PRECISIONS = ("float32", "tf32", "bf16")
PICTURES = Shapes((3, 64, 64), (-1.0, 1.0), 0, reference.LATENT_DIM)
POINTS = Shapes((2,), None, 0, 2)
TOP = 12
Part = Callable[["Bench"], Iterator[Row]]


@dataclass(frozen=True)
class Bench:
    """Where, how thoroughly, and until when."""

    device: torch.device
    quick: bool
    deadline: float

    @property
    def tiny(self) -> bool:
        return self.device.type == "cpu"

    def batches(self, *sizes: int) -> tuple[int, ...]:
        return (4,) if self.tiny else sizes[-2:-1] if self.quick else sizes

    def times(self, ways: dict[str, Way]) -> dict[str, list[float]]:
        rounds, seconds = (2, 0.0) if self.tiny else (5, 0.1) if self.quick else (9, 0.15)
        return seconds_a_step(ways, self.device, rounds, seconds)

    def is_late(self, seconds: float) -> bool:
        """Whether what takes ``seconds`` would end too late."""
        return time.monotonic() + seconds > self.deadline


def _book_settings() -> None:
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = False


def _our_settings(precision: str, device: torch.device, search: bool) -> None:
    choose_precision(precision, device)  # type: ignore[arg-type]
    torch.backends.cudnn.benchmark = search


def _real(bench: Bench, batch: int, shapes: Shapes = PICTURES) -> Tensor:
    return torch.randn(batch, *shapes.sample, device=bench.device).clamp(-1, 1)


def _loops(bench: Bench, real: Tensor) -> dict[str, Way]:
    """The book's loop and the example's."""

    def networks() -> tuple[torch.nn.Module, torch.nn.Module]:
        made = (reference.book_generator(), reference.book_discriminator())
        return made[0].to(bench.device), made[1].to(bench.device)

    def latents(count: int) -> Tensor:
        return torch.randn(count, reference.LATENT_DIM, 1, 1, device=bench.device)

    def book() -> tuple[Play, Play]:
        return functools.partial(reference.book_step(*networks(), latents), real), _book_settings

    def example() -> tuple[Play, Play]:
        return functools.partial(reference.examples_step(*networks()), real), _book_settings

    makers = {"book": book, "example": example}
    return {name: made(bench.device, make, len(real)) for name, make in makers.items()}


def _ours(
    bench: Bench,
    real: Tensor,
    precision: str,
    recipe: str = "d2l-dcgan",
    shapes: Shapes = PICTURES,
    change: Callable[[Game], None] = lambda game: None,
    search: bool = False,
) -> Way:
    """A game of ours. ``change`` may compile it; ``search`` lets cuDNN try its kernels."""

    def build() -> tuple[Play, Play]:
        prepare = functools.partial(_our_settings, precision, bench.device, search)
        game = our_game(recipe, shapes, device=bench.device, train__precision=precision)
        prepare()
        change(game)
        return functools.partial(step_of(game, shapes), real), prepare

    return made(bench.device, build, len(real))


def dcgan(bench: Bench) -> Iterator[Row]:
    """DCGAN at 64×64, width 64, eager."""
    for batch in bench.batches(64, 256, 1024):
        real = _real(bench, batch)
        ways = _loops(bench, real)
        for precision in PRECISIONS:
            ways[precision] = _ours(bench, real, precision)
        ways["bf16 with cudnn.benchmark"] = _ours(bench, real, "bf16", search=True)
        yield from _beside_loops(bench, batch, ways)


def _beside_loops(bench: Bench, batch: int, ways: dict[str, Way]) -> Iterator[Row]:
    def reach(name: str, other: str) -> str:
        fast = ", 40000/s" if name.startswith("bf16") else ""
        return f"5 ×{fast}" if other == "book" else ""

    others = [name for name in ("book", "example", "eager") if name in ways]
    yield from beside(f"DCGAN, batch {batch}", ways, bench.times(ways), others, reach)


def sprites(bench: Bench) -> Iterator[Row]:
    """The game of `sprites-modern`: relativistic, lazy penalties, an augment; eager."""
    for batch in bench.batches(8, 256, 1024)[:2]:
        real = _real(bench, batch)
        ways = {name: _ours(bench, real, name, "sprites-modern") for name in PRECISIONS}
        title = f"sprites-modern, batch {batch}"
        yield from beside(title, ways, bench.times(ways), ["float32"])


def _gaussian_ways(bench: Bench) -> tuple[Tensor, dict[str, Way]]:
    real = torch.randn(8, 2, device=bench.device)

    def book() -> tuple[Play, Play]:
        networks = reference.book_line().to(bench.device), reference.book_mlp().to(bench.device)
        step = reference.book_step(
            *networks,
            lambda n: torch.randn(n, 2, device=bench.device),
            (0.05, 0.005),
            (0.9, 0.999),
        )
        return functools.partial(step, real), _book_settings

    ways = {"book": made(bench.device, book, 8)}
    ways["eager"] = _ours(bench, real, "float32", "d2l-gaussian", POINTS)
    return real, ways


def gaussian(bench: Bench) -> Iterator[Row]:
    """The Gaussian of ch. 20.1, batch 8: overhead alone."""
    _, ways = _gaussian_ways(bench)
    yield from beside("Gaussian, batch 8", ways, bench.times(ways), ["book"])


def profile(bench: Bench) -> Iterator[Row]:
    """What a DCGAN step of 256 costs the host, and which operations cost the device most."""
    (batch,) = bench.batches(256, 256)[:1]
    real = _real(bench, batch)
    for precision in ("bf16", "float32"):
        way = _ours(bench, real, precision)
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
                f"{speed[1]} examples/s on {speed[2]}" if speed else _short(ended.stderr[-400:]),
                f"{time.perf_counter() - began:.1f} s with start and pictures",
                "",
                "40000/s",
            )


def graph(bench: Bench) -> Iterator[Row]:
    """The experiment: a step captured once and replayed, beside the same step launched."""
    if bench.tiny:
        yield Row("CUDA graph", "left out: it needs CUDA", "", "", "")
        return
    for batch in bench.batches(64, 256, 1024):
        real = _real(bench, batch)
        ways = {"book": _loops(bench, real)["book"], "eager": _ours(bench, real, "bf16")}
        for precision in ("bf16", "float32"):
            name = f"{precision} as a CUDA graph"
            ways[name] = _captured(bench, real, precision, "d2l-dcgan", PICTURES)
        yield from _beside_loops(bench, batch, ways)
    real, ways = _gaussian_ways(bench)
    ways["as a CUDA graph"] = _captured(bench, real, "float32", "d2l-gaussian", POINTS)
    yield from beside("Gaussian, batch 8", ways, bench.times(ways), ["book", "eager"])


def _captured(bench: Bench, real: Tensor, precision: str, recipe: str, shapes: Shapes) -> Way:
    def build() -> tuple[Play, Play]:
        prepare = functools.partial(_our_settings, precision, bench.device, False)
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

    return made(bench.device, build, len(real))


def compiled(bench: Bench) -> Iterator[Row]:
    """The networks compiled, beside the same game eager; the most telling first."""
    torch._dynamo.config.recompile_limit = 64
    cases = [("bf16", 256), ("float32", 256), ("bf16", 1024), ("bf16", 64), ("tf32", 256)]
    for precision, batch in [("bf16", 4)] if bench.tiny else cases[: 2 if bench.quick else 5]:
        if bench.is_late(40):
            yield Row(f"DCGAN, {precision} compiled, batch {batch}", "left out", "late", "", "")
            continue
        real = _real(bench, batch)
        ways = {"book": _loops(bench, real)["book"], "eager": _ours(bench, real, precision)}
        lines: list[Row] = []
        change = functools.partial(_compile, real, PICTURES, lines)
        ways[f"{precision} compiled"] = _ours(bench, real, precision, change=change)
        yield from lines
        yield from _beside_loops(bench, batch, ways)
    yield from _others_compiled(bench)


def _others_compiled(bench: Bench) -> Iterator[Row]:
    if bench.is_late(60):
        yield Row("Gaussian and sprites-modern compiled", "left out", "late", "", "")
        return
    real, ways = _gaussian_ways(bench)
    lines: list[Row] = []
    change = functools.partial(_compile, real, POINTS, lines)
    ways["compiled"] = _ours(bench, real, "float32", "d2l-gaussian", POINTS, change)
    yield from lines
    yield from beside("Gaussian, batch 8", ways, bench.times(ways), ["book", "eager"])
    (batch,) = bench.batches(256, 256)[:1]
    real, lines = _real(bench, batch), []
    change = functools.partial(_compile, real, PICTURES, lines)
    ways = {"eager": _ours(bench, real, "bf16", "sprites-modern")}
    ways["bf16 compiled"] = _ours(bench, real, "bf16", "sprites-modern", change=change)
    yield from lines
    yield from beside(f"sprites-modern, batch {batch}", ways, bench.times(ways), ["eager"])


def _compile(real: Tensor, shapes: Shapes, lines: list[Row], game: Game) -> None:
    """A game whose compiled losses lie too far from the eager ones is timed all the same."""
    began, found = time.perf_counter(), "the losses agree"
    loader = MemoryLoader(real, None, None, len(real), 0, real.device)
    try:
        compile_game(game, loader, shapes.latent_dim)
    except GanfwError as error:
        found = _short(str(error))
    lines.append(Row("compiling", f"{time.perf_counter() - began:.1f} s", found, "", ""))


def _short(text: str) -> str:
    return " ".join(text.split())[:200]


PARTS: dict[str, Part] = {
    "profile": profile,
    "dcgan": dcgan,
    "gaussian": gaussian,
    "sprites": sprites,
    "run": run,
    "graph": graph,
    "compiled": compiled,
}


def rows(name: str, bench: Bench) -> Iterator[Row]:
    """The rows of one part; one that says why, where the rest of it fails or comes too late."""
    if bench.is_late(10):
        yield Row(name, "left out", "late", "", "")
        return
    try:
        yield from PARTS[name](bench)
    except Exception as error:
        yield Row(name, f"fails: {type(error).__name__}: {_short(str(error))}", "", "", "")
    if bench.device.type == "cuda":
        torch.cuda.empty_cache()
