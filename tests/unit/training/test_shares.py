"""Shares of a batch that differ in length: together, the step of the whole batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from ganfw.interfaces.dataset import Batch
from ganfw.interfaces.networks import Augment
from ganfw.interfaces.options import Options
from ganfw.interfaces.shapes import Shapes
from ganfw.runtime.distributed import Processes
from ganfw.testing.toys import toy_game
from ganfw.training.objective import StepLosses

POINTS = Shapes(sample=(2,), value_range=None, classes=0, latent_dim=2)


@dataclass(frozen=True)
class Apart(Processes):
    """Keeps what it would send to the others."""

    grads: list[Tensor] = field(default_factory=list)
    sign_means: list[Tensor] = field(default_factory=list)

    def all_reduce_gradients(self, weights: Iterable[nn.Parameter], mean: bool) -> None:
        self.grads.extend(weight.grad.clone() for weight in weights if weight.grad is not None)

    def all_reduce_mean(self, values: Tensor) -> Tensor:
        self.sign_means.append(values)
        return values


class Adapting(Augment):
    """Keeps what it adapts to."""

    def __init__(self) -> None:
        super().__init__(Options(), POINTS)
        self.seen: list[int] = []

    def forward(self, samples: Tensor) -> Tensor:
        return samples

    def adapt(self, sign_mean: Tensor, examples: int) -> None:
        self.seen.append(examples)


def _step(
    processes: Apart, reduction: Literal["mean", "sum"], accumulate: int
) -> tuple[StepLosses, list[int]]:
    torch.manual_seed(3)
    game = toy_game(POINTS, torch.device("cpu"))
    for player in game.players.values():
        player.optimizer.param_groups[0]["lr"] = 0.0
    adapting = Adapting()
    game.augments = game.turns.augments = [adapting]
    game.processes, game.sums, game.accumulate = processes, reduction == "sum", accumulate
    real, latents = torch.randn(2, 14, 2)
    batch = Batch(processes.shard(real), None, len(real))
    losses = game.step([batch], lambda n: processes.shard(latents)[:n])
    return losses, adapting.seen


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_uneven_shares_make_up_the_step_of_one(
    reduction: Literal["mean", "sum"], accumulate: int
) -> None:
    alone, three = Apart(), [Apart(rank, 3) for rank in range(3)]
    whole, _ = _step(alone, reduction, 1)
    steps = [_step(processes, reduction, accumulate) for processes in three]
    count = 1 if reduction == "sum" else len(three)
    for expected, *parts in zip(alone.grads, *(it.grads for it in three), strict=True):
        torch.testing.assert_close(sum(parts) / count, expected)
    losses, seen = zip(*steps, strict=True)
    for name in ("loss_D", "loss_G"):
        mean = sum(getattr(each, name) for each in losses) / 3
        torch.testing.assert_close(mean, getattr(whole, name))
    assert [each.examples for each in losses] == [14, 14, 14]
    assert seen == ([14 // accumulate] * accumulate,) * 3
    if accumulate == 1:
        torch.testing.assert_close(sum(it.sign_means[0] for it in three) / 3, alone.sign_means[0])
