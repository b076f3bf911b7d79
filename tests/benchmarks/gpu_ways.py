"""The ways to play a step on a GPU that are timed: the book's, the example's, and ours."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import reference
import torch
from gpu_timing import Play, Way, beside, made, seconds_a_step
from measuring import Row
from steps import our_game, step_of
from torch import Tensor

from ganfw.interfaces.shapes import Shapes
from ganfw.runtime.precision import choose_precision
from ganfw.training.game import Game

PRECISIONS = ("float32", "tf32", "bf16")
PICTURES = Shapes((3, 64, 64), (-1.0, 1.0), 0, reference.LATENT_DIM)
NO_SETTINGS: Mapping[str, object] = {}
POINTS = Shapes((2,), None, 0, 2)


@dataclass
class Bench:
    """Where, how thoroughly, and until when."""

    device: torch.device
    quick: bool
    deadline: float
    is_lost: bool = False

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


def book_settings() -> None:
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = False


def our_settings(precision: str, device: torch.device, search: bool) -> None:
    choose_precision(precision, device)  # type: ignore[arg-type]
    torch.backends.cudnn.benchmark = search


def real_batch(bench: Bench, batch: int, shapes: Shapes = PICTURES) -> Tensor:
    return torch.randn(batch, *shapes.sample, device=bench.device).clamp(-1, 1)


def loops(bench: Bench, real: Tensor) -> dict[str, Way]:
    """The book's loop and the example's."""

    def networks() -> tuple[torch.nn.Module, torch.nn.Module]:
        made = (reference.book_generator(), reference.book_discriminator())
        return made[0].to(bench.device), made[1].to(bench.device)

    def latents(count: int) -> Tensor:
        return torch.randn(count, reference.LATENT_DIM, 1, 1, device=bench.device)

    def book() -> tuple[Play, Play]:
        return functools.partial(reference.book_step(*networks(), latents), real), book_settings

    def example() -> tuple[Play, Play]:
        return functools.partial(reference.examples_step(*networks()), real), book_settings

    makers = {"book": book, "example": example}
    return {name: made(bench.device, make, len(real)) for name, make in makers.items()}


def ours(
    bench: Bench,
    real: Tensor,
    precision: str,
    recipe: str = "d2l-dcgan",
    shapes: Shapes = PICTURES,
    change: Callable[[Game], None] = lambda game: None,
    search: bool = False,
    settings: Mapping[str, object] = NO_SETTINGS,
) -> Way:
    """A game of ours. ``change`` may compile it; ``search`` lets cuDNN try its kernels."""

    def build() -> tuple[Play, Play]:
        prepare = functools.partial(our_settings, precision, bench.device, search)
        given = {**settings, "train__precision": precision}
        game = our_game(recipe, shapes, device=bench.device, **given)
        prepare()
        change(game)
        return functools.partial(step_of(game, shapes), real), prepare

    return made(bench.device, build, len(real))


def beside_loops(bench: Bench, batch: int, ways: dict[str, Way]) -> Iterator[Row]:
    def reach(name: str, other: str) -> str:
        fast = ", 40000/s" if name.startswith("bf16") else ""
        return f"5 ×{fast}" if other == "book" else ""

    others = [name for name in ("book", "example", "eager") if name in ways]
    yield from beside(f"DCGAN, batch {batch}", ways, bench.times(ways), others, reach)


def gaussian_ways(bench: Bench) -> tuple[Tensor, dict[str, Way]]:
    real = torch.randn(8, 2, device=bench.device)

    def book() -> tuple[Play, Play]:
        networks = reference.book_line().to(bench.device), reference.book_mlp().to(bench.device)
        step = reference.book_step(
            *networks,
            lambda n: torch.randn(n, 2, device=bench.device),
            (0.05, 0.005),
            (0.9, 0.999),
        )
        return functools.partial(step, real), book_settings

    ways = {"book": made(bench.device, book, 8)}
    ways["eager"] = ours(bench, real, "float32", "d2l-gaussian", POINTS)
    return real, ways


def short(text: str) -> str:
    return " ".join(text.split())[:200]
