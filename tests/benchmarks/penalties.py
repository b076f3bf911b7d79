"""Steps with a penalty on gradients, beside the same steps with torch's own second derivatives of
convolutions."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import torch
from measuring import Row, in_turns, ratio
from steps import our_game, step_of

from ganfw.interfaces.shapes import Shapes
from ganfw.runtime.second_derivatives import fast_second_derivatives


@dataclass(frozen=True)
class Case:
    """A recipe on pictures of a side, and the steps after which its penalties come again."""

    recipe: str
    side: int
    batch: int
    latent_dim: int
    every: int = 1
    settings: Mapping[str, object] = field(default_factory=dict)

    def step(self) -> Callable[[], None]:
        shapes = Shapes((3, self.side, self.side), (-1.0, 1.0), 0, self.latent_dim)
        real = torch.randn(self.batch, *shapes.sample).clamp(-1, 1)
        play = step_of(our_game(self.recipe, shapes, **self.settings), shapes)

        def steps() -> None:
            for _ in range(self.every):
                play(real)

        return steps


CASES = (
    Case("r3gan-cifar10", 32, 4, 64, settings={"gen__channels": 192, "disc__channels": 192}),
    Case("wgan-gp-cifar10", 32, 4, 128),
    Case("pictures", 64, 8, 100, every=16),
)


def rows(quick: bool) -> Iterator[Row]:
    """Each recipe in small batches, in turns with itself."""
    for case in CASES[:2] if quick else CASES:
        step = case.step()
        ways = {"ours": _within(fast_second_derivatives, step), "torch": _within(nullcontext, step)}
        times = in_turns(ways, 3 if quick else 8)
        seconds = {name: statistics.median(found) / case.every for name, found in times.items()}
        yield Row(
            f"{case.recipe} step, {case.side}², batch {case.batch}, second derivatives",
            f"{seconds['ours'] * 1e3:.0f} ms",
            f"{seconds['torch'] * 1e3:.0f} ms",
            ratio(times["torch"], times["ours"]),
            "",
        )


def _within(
    context: Callable[[], AbstractContextManager[object]], step: Callable[[], None]
) -> Callable[[], None]:
    def action() -> None:
        with context():
            step()

    return action
