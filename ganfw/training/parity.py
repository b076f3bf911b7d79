"""Whether another way to play a step gives the losses of the usual one."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor

from ..data.loader import Loader
from ..interfaces.dataset import Batch
from ..interfaces.shapes import Shapes
from ..runtime.random_state import isolated_random_state
from ..sampling.latents import Latents
from .game import Game
from .objective import StepLosses
from .turns import DrawLatents

PARITY_STEPS = 3
"""Steps that two ways must agree on."""


class PlayStep(Protocol):
    """Plays step ``number`` of a game."""

    def __call__(
        self, batches: Sequence[Batch], latents: DrawLatents, *, number: int
    ) -> StepLosses: ...


def first_losses(
    game: Game,
    batches: Sequence[Batch],
    shapes: Shapes,
    play: PlayStep | None = None,
    before: int = 0,
) -> Tensor:
    """Both losses (PARITY_STEPS, 2) of steps on ``batches``, numbered as if ``before`` steps had
    been played; then all is put back. ``play`` takes the place of the game's own step."""
    with rehearsal(game):
        latents = Latents(game.gen.network, shapes, 0, batches[0].samples.device)
        rows = []
        for number in range(before + 1, before + PARITY_STEPS + 1):
            losses = (play or game.step)(batches, latents, number=number)
            rows.append(torch.stack([losses.loss_D, losses.loss_G]))
    return torch.stack(rows)


@contextmanager
def rehearsal(game: Game) -> Iterator[None]:
    """Steps that do not count: the game's state and the random streams are put back after them."""
    state = copy.deepcopy(game.state_dict())
    try:
        with isolated_random_state(0):
            yield
    finally:
        game.load_state_dict(state)
        for player in game.players.values():
            player.zero_grad()


def first_batches(loader: Loader, disc_steps: int) -> list[Batch]:
    """The batches of the first step."""
    return list(itertools.islice(loader.epoch(1), disc_steps))


def gap(losses: Tensor, wanted: Tensor) -> float:
    """The largest relative difference."""
    return float(((losses - wanted).abs() / wanted.abs().clamp(min=1e-2)).max())
