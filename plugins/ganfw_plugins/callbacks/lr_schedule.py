"""Learning rates that follow the step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ganfw import Callback, Composed, RunView, StepEnd, TrainStart, UsageError

from .options import LrScheduleOptions


class LrSchedule(Callback):
    """Multiplies each player's base rates by `factor`, a function of the step alone.

    The base rates are those that a new run starts with. They are saved for resuming, and follow
    the config where its rate is another one by then. A run that is resumed with more epochs follows
    the schedule of its new length, so that its rates jump there.
    """

    options: LrScheduleOptions
    on_every_rank = True

    def __init__(self, options: LrScheduleOptions) -> None:
        super().__init__(options)
        self._base: dict[str, list[float]] = {}
        self._configured: dict[str, float] = {}

    def on_composed(self, event: Composed) -> None:
        _check_alone(event.config)

    def on_train_start(self, event: TrainStart) -> None:
        for name, player in event.run.networks.items():
            rates = [float(group["lr"]) for group in player.optimizer.param_groups]
            self._base.setdefault(name, rates)
        self._follow(_configured(event.run))
        self._set_rates(event.run, event.step + 1)

    def on_step_end(self, event: StepEnd) -> None:
        self._set_rates(event.run, event.step + 1)

    def state_dict(self) -> Mapping[str, Any]:
        return {"base": self._base, "configured": self._configured}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._base = dict(state.get("base", {}))
        self._configured = dict(state.get("configured", {}))

    def _follow(self, configured: dict[str, float]) -> None:
        for name, rate in configured.items():
            before = self._configured.get(name, rate)
            if before != rate:
                self._base[name] = [
                    base * rate / before if before else rate for base in self._base[name]
                ]
        self._configured = configured

    def _set_rates(self, run: RunView, step: int) -> None:
        step = min(step, run.total_steps)
        multiplier = factor(self.options, step, run.total_steps, run.steps_per_epoch)
        for name, player in run.networks.items():
            for group, base in zip(player.optimizer.param_groups, self._base[name], strict=True):
                group["lr"] = base * multiplier


def _configured(run: RunView) -> dict[str, float]:
    """Each player's rate as the config has it."""
    rates = {name: run.config.get(name, {}).get("optimizer", {}).get("lr") for name in run.players}
    return {name: float(rate) for name, rate in rates.items() if isinstance(rate, int | float)}


def _check_alone(config: Mapping[str, Any]) -> None:
    """Raises UsageError if a player's rate follows a schedule of its own, written in the config."""
    sections: dict[str, Any] = {name: config.get(name, {}) for name in ("gen", "disc")}
    for network in config.get("network", []):
        sections[f"network.{network.get('name', network['use'])}"] = network
    for name, section in sections.items():
        rate = section.get("optimizer", {}).get("lr")
        if isinstance(rate, str):
            raise UsageError(
                f"{name}.optimizer.lr = {rate} and the callback lr-schedule both set the learning "
                "rate: give --no-callback lr-schedule, or a plain number"
            )


def factor(options: LrScheduleOptions, step: int, total: int, steps_per_epoch: int) -> float:
    """What the base rate is multiplied by in ``step``, from 1 to ``total``.

    It rises linearly, to 1 at step ``warmup_steps`` (Goyal et al. 2017), then falls from 1 to what
    would be ``final`` in step total + 1, so that no step has a rate of 0. cosine is Loshchilov &
    Hutter 2017, equation 5, without restarts; step drops by ``gamma`` every ``every_epochs``.
    """
    if step <= options.warmup_steps:
        return step / options.warmup_steps
    if options.kind == "constant":
        return 1.0
    if options.kind == "step":
        return float(options.gamma ** ((step - 1) // (options.every_epochs * steps_per_epoch)))
    done = (step - 1 - options.warmup_steps) / (total - options.warmup_steps)
    fall = done if options.kind == "linear" else (1 - math.cos(math.pi * done)) / 2
    return 1 - (1 - options.final) * fall
