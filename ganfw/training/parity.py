"""Whether another way to play a step gives the losses of the usual one."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..interfaces.dataset import Batch
from ..interfaces.shapes import Shapes
from ..runtime.random_state import isolated_random_state
from ..sampling.latents import Latents
from .game import Game
from .objective import StepLosses
from .turns import DrawLatents

PARITY_STEPS = 3
"""Steps that two ways must agree on."""

PlayStep = Callable[[Sequence[Batch], DrawLatents, int], StepLosses]
"""Plays step ``number`` of a game."""


def first_losses(
    game: Game,
    batches: Sequence[Batch],
    shapes: Shapes,
    play: PlayStep | None = None,
    before: int = 0,
) -> Tensor:
    """Both losses (PARITY_STEPS, 2) of steps on ``batches``, numbered as if ``before`` steps had
    been played; then all is put back. ``play`` takes the place of the game's own step."""
    play = play or usual_step(game)
    state = copy.deepcopy(game.state_dict())
    try:
        with isolated_random_state(0):
            latents = Latents(game.gen.network, shapes, 0, batches[0].samples.device)
            rows = []
            for number in range(before + 1, before + PARITY_STEPS + 1):
                losses = play(batches, latents, number)
                rows.append(torch.stack([losses.loss_D, losses.loss_G]))
    finally:
        game.load_state_dict(state)
        for player in game.players.values():
            player.zero_grad()
    return torch.stack(rows)


def usual_step(game: Game) -> PlayStep:
    """The game's own step, without anyone who watches the gradients."""
    return lambda batches, latents, number: game.step(batches, latents, number=number)


def gap(losses: Tensor, wanted: Tensor) -> float:
    """The largest relative difference."""
    return float(((losses - wanted).abs() / wanted.abs().clamp(min=1e-2)).max())
