"""Schedules at work: before each step, every number that follows one gets the step's value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from torch.optim import Optimizer

from ..config.places import replaced, with_numbers
from ..config.schedule import Schedule
from ..errors import UsageError
from ..interfaces.callback import Callback
from ..interfaces.loss import Loss
from ..interfaces.networks import Augment
from .game import Game

Follow = Callable[[float], None]
"""Takes the value of the next step."""


@dataclass(frozen=True)
class Schedules:
    """What follows a schedule in a run of ``total_steps``. Each value is a function of the step
    alone, so that a resumed run needs no state for it."""

    followed: Sequence[tuple[Schedule, Follow]] = ()
    total_steps: int = 1

    def apply(self, step: int) -> None:
        """Set every value as it is in ``step``, counted from 1, which comes next."""
        for schedule, follow in self.followed:
            follow(schedule.at(step, self.total_steps))


def option(component: Loss | Augment | Callback, name: str) -> Follow:
    """Replaces the options of ``component`` by a copy with another value of ``name``."""

    def follow(value: float) -> None:
        component.options = with_numbers(component.options, {name: value})

    return follow


def weight(game: Game, loss: str) -> Follow:
    """Sets the weight of the ``loss`` in the sum that ``game`` is played for."""

    def follow(value: float) -> None:
        game.losses = [
            replace(weighted, weight=value) if weighted.name == loss else weighted
            for weighted in game.losses
        ]

    return follow


def rate(optimizer: Optimizer, name: str, reference: float, where: str) -> Follow:
    """Sets the number at ``name``, such as lr or betas.1, in the optimizer's groups, which keep
    their ratios: now, as it was made with ``reference``, they hold their shares of that. Raises
    UsageError, which begins with ``where``, if its groups have none."""
    groups = optimizer.param_groups
    key, _, index = name.partition(".")
    if any(key not in group for group in groups):
        raise UsageError(f"{where}: '{name}' can't follow a schedule: its weights' groups lack it")
    bases = [float(group[key][int(index)] if index else group[key]) for group in groups]

    def follow(value: float) -> None:
        share = value / reference if reference else 0.0
        # Loading a state replaces the groups.
        for group, base in zip(optimizer.param_groups, bases, strict=True):
            group[key] = replaced(group, {name: base * share})[key]

    return follow
