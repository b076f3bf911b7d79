"""A step of each textbook GAN, beside the book's own order of work."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator

import reference
import torch
from measuring import Row, in_turns, ratio
from torch import Tensor

from ganfw.config.layers import settings_layer
from ganfw.config.recipes import recipe_layer
from ganfw.config.run_config import resolve
from ganfw.data.memory_loader import MemoryLoader
from ganfw.interfaces.dataset import Batch
from ganfw.interfaces.shapes import Shapes
from ganfw.launch.build import build_game
from ganfw.registry.discovery import discover
from ganfw.runtime.distributed import SINGLE_PROCESS, Processes
from ganfw.runtime.precision import bf16_speed
from ganfw.training.compiling import compile_game
from ganfw.training.game import Game, OnGradients
from ganfw.training.memory_format import use_channels_last
from ganfw.training.trainer import PlayStep

CPU = torch.device("cpu")
MULTIPLY_ADDS = 1144e6
"""Of one DCGAN step per example at 64×64 and width 64, at the least."""
SIZE, PRODUCTS = 2048, 4


def our_game(
    recipe: str,
    shapes: Shapes,
    processes: Processes = SINGLE_PROCESS,
    device: torch.device = CPU,
    **settings: object,
) -> Game:
    """A game of the engine, as a run plays it. A setting's ``.`` is written ``__``."""
    registry = discover()
    given = {name.replace("__", "."): value for name, value in settings.items()}
    layers = [recipe_layer(registry, recipe), settings_layer(given, "benchmark")]
    game = build_game(resolve(registry, layers), shapes, device, processes)
    networks = {"generator": game.gen.network, "discriminator": game.disc.network}
    assert use_channels_last(networks, lambda: None) == []
    return game


def step_of(
    game: Game,
    shapes: Shapes,
    on_gradients: OnGradients = lambda name, player: None,
    play: PlayStep | None = None,
) -> reference.Step:
    """A step of ``game`` on a batch, its latents drawn as plainly as the reference's. ``play`` may
    take the place of the game's own step."""
    device, numbers = game.gen.parameters()[0].device, itertools.count(1)
    play = play or game.step

    def latents(count: int) -> Tensor:
        return torch.randn(count, shapes.latent_dim, device=device)

    def step(real: Tensor) -> None:
        play([Batch(real, None)], latents, on_gradients, number=next(numbers))

    return step


def _product() -> Callable[[], None]:
    """Float32 matrix products, whose best time in the same turns is the machine's own rate."""
    left, right = torch.randn(SIZE, SIZE), torch.randn(SIZE, SIZE)

    def multiply() -> None:
        for _ in range(PRODUCTS):
            left @ right

    return multiply


def dcgan(quick: bool) -> Iterator[Row]:
    """DCGAN at 64×64, width 64."""
    shapes = Shapes((3, 64, 64), (-1.0, 1.0), 0, reference.LATENT_DIM)
    for batch in (64,) if quick else (64, 256):
        real = torch.randn(batch, 3, 64, 64).clamp(-1, 1)
        book = reference.book_step(
            reference.book_generator(),
            reference.book_discriminator(),
            lambda n: torch.randn(n, reference.LATENT_DIM, 1, 1),
        )
        examples = reference.examples_step(
            reference.book_generator(), reference.book_discriminator()
        )
        ours = step_of(our_game("d2l-dcgan", shapes), shapes)
        actions = _bound(real, ours=ours, book=book, examples=examples)
        if bf16_speed(CPU) > 1:  # where the CPU has no instructions for it, it is slower
            half = our_game("d2l-dcgan", shapes, train__precision="bf16")
            actions |= _bound(real, bf16=step_of(half, shapes))
        times = in_turns({**actions, "product": _product()}, 4 if quick else 8)
        rate = PRODUCTS * SIZE**3 / min(times.pop("product"))
        speed = {name: batch / statistics.median(seconds) for name, seconds in times.items()}
        for other, reach in (("book", "1.5 ×"), ("examples", "")):
            yield Row(
                f"DCGAN step, batch {batch}, beside {other}'s",
                f"{speed['ours']:.0f} examples/s",
                f"{speed[other]:.0f} examples/s",
                ratio(times[other], times["ours"]),
                reach,
            )
        if "bf16" in times:
            yield Row(
                f"DCGAN step, batch {batch}, bf16, beside the book's float32",
                f"{speed['bf16']:.0f} examples/s",
                f"{speed['book']:.0f} examples/s",
                ratio(times["book"], times["bf16"]),
                "",
            )
        share = speed["ours"] * MULTIPLY_ADDS / rate
        yield Row(
            f"DCGAN step, batch {batch}, of the matrix rate",
            f"{speed['ours'] * MULTIPLY_ADDS / 1e9:.0f} G multiply-adds/s",
            f"{rate / 1e9:.0f} G multiply-adds/s",
            f"{share:.0%}",
            "80%",
        )


def gaussian(quick: bool) -> Iterator[Row]:
    """The Gaussian of ch. 20.1, batch 8: overhead alone."""
    real = torch.randn(8, 2)
    book = reference.book_step(
        reference.book_line(),
        reference.book_mlp(),
        lambda n: torch.randn(n, 2),
        (0.05, 0.005),
        (0.9, 0.999),
    )
    shapes = Shapes((2,), None, 0, 2)
    ours = step_of(our_game("d2l-gaussian", shapes), shapes)
    began = time.perf_counter()
    game = our_game("d2l-gaussian", shapes)
    compile_game(game, MemoryLoader(real, None, None, len(real), 0, CPU), shapes)
    compiled = step_of(game, shapes)
    warm_up = time.perf_counter() - began
    actions = _bound(real, ours=ours, compiled=compiled, book=book)
    hundreds = {name: _hundred_times(action) for name, action in actions.items()}
    times = in_turns(hundreds, 8 if quick else 30)
    book_ms = statistics.median(times["book"]) * 10
    for name, what, reach in (("ours", "", "1.9 ×"), ("compiled", ", networks compiled", "")):
        yield Row(
            f"Gaussian step, batch 8{what}",
            f"{statistics.median(times[name]) * 10:.3f} ms",
            f"{book_ms:.3f} ms",
            ratio(times["book"], times[name]),
            reach,
        )
    saved = (statistics.median(times["ours"]) - statistics.median(times["compiled"])) / 100
    yield Row(
        "compiling it (a second time, torch's own cache is warm)",
        f"{warm_up:.1f} s",
        "none",
        f"pays after {warm_up / saved:.0f} steps" if saved > 0 else "never pays",
        "",
    )


def _hundred_times(action: Callable[[], None]) -> Callable[[], None]:
    """One step is too short to be timed alone."""

    def repeat() -> None:
        for _ in range(100):
            action()

    return repeat


def _bound(real: Tensor, **steps: reference.Step) -> dict[str, Callable[[], None]]:
    def bind(step: reference.Step) -> Callable[[], None]:
        return lambda: step(real)

    return {name: bind(step) for name, step in steps.items()}
