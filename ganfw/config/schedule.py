"""Schedules: a number that changes with the step, written in place of it: ``10..1 cosine``, or in
several phases, ``0..10 over 500 then 10..1``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

from ..errors import UsageError
from ..interfaces.options import Options, Schedulable
from ..registry.component import OPTIMIZER

Curve = Literal["linear", "cosine", "geometric"]

_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?"
_CURVES = "|".join(get_args(Curve))
_BEGINNING = re.compile(rf"\s*{_NUMBER}(?:\s*\.\.|\s+(?:{_CURVES}|over|then)\b)", re.IGNORECASE)
_PHASE = re.compile(
    rf"\s*({_NUMBER})(?:\s*\.\.\s*({_NUMBER})(?:\s+({_CURVES}))?)?"
    r"(?:\s+over\s+(?:([1-9]\d{0,9})|(\d{1,3}(?:\.\d{1,9})?)%))?\s*",
    re.IGNORECASE,
)
_THEN = re.compile(r"\bthen\b", re.IGNORECASE)
_FOLLOWING = ("loss", "augment", "callback")
"""The kinds of components whose marked options may follow a schedule."""

_RATES = ("lr", "betas", "weight_decay")
"""The options of every optimizer that may, betas one by one: torch reads them anew in each step."""


@dataclass(frozen=True)
class Phase:
    """From ``start`` in its first step to ``end`` in its last, or, without a curve, ``start`` all
    along. It takes ``over`` steps, or that ``percent`` of the run, or all that is left."""

    start: float
    end: float
    curve: Curve | None = "linear"
    over: int | None = None
    percent: float | None = None

    def at(self, step: int, steps: int) -> float:
        """The value in ``step``, counted from 1, of a phase of ``steps``. cosine is Loshchilov &
        Hutter 2017, equation 5, without restarts; geometric changes by the same factor in each
        step."""
        if self.curve is None:
            return self.start
        done = min((step - 1) / max(steps - 1, 1), 1.0)
        if self.curve == "geometric":
            return float(self.start ** (1 - done) * self.end**done)
        if self.curve == "cosine":
            done = (1 - math.cos(math.pi * done)) / 2
        return self.start * (1 - done) + self.end * done

    def last_step(self, first: float, total_steps: int) -> float:
        """Where it ends in a run of ``total_steps`` if ``first`` steps come before it."""
        if self.percent is not None:
            return first + self.percent * total_steps / 100
        return total_steps if self.over is None else first + self.over

    def __str__(self) -> str:
        """As a config holds it."""
        end = "" if self.curve is None else f"..{_shown(self.end)}"
        curve = "" if self.curve in (None, "linear") else f" {self.curve}"
        over = "" if self.over is None else f" over {self.over}"
        percent = "" if self.percent is None else f" over {_shown(self.percent)}%"
        return f"{_shown(self.start)}{end}{curve}{over}{percent}"


@dataclass(frozen=True)
class Schedule:
    """One phase after the other; after the last one, the value stays. All but the last one say how
    long they take."""

    phases: tuple[Phase, ...]

    def at(self, step: int, total_steps: int) -> float:
        """The value in ``step``, counted from 1, of a run of ``total_steps``. A function of these
        two alone, so that it needs no state."""
        placed = self._placed(total_steps)
        phase, first, last = next((at for at in placed if step <= at[2]), placed[-1])
        return phase.at(step - first, last - first)

    @property
    def ends(self) -> tuple[float, ...]:
        """Both ends of each phase in turn, between which all values lie."""
        return tuple(end for phase in self.phases for end in (phase.start, phase.end))

    @property
    def greatest(self) -> float:
        """The greatest of all ends, which no value exceeds."""
        return max(self.ends)

    def unreached(self, total_steps: int) -> Phase | None:
        """The first phase for which a run of ``total_steps`` is too short to begin it."""
        placed = self._placed(total_steps)
        return next((phase for phase, before, _ in placed if before >= total_steps), None)

    def __str__(self) -> str:
        """As a config holds it."""
        return " then ".join(map(str, self.phases))

    def _placed(self, total_steps: int) -> list[tuple[Phase, int, int]]:
        """Each phase, how many steps come before it, and its last step. Only these are rounded, so
        that phases of 50% and 50% end with the run."""
        placed, first = [], 0.0
        for phase in self.phases:
            last = phase.last_step(first, total_steps)
            placed.append((phase, round(first), round(last)))
            first = last
        return placed


def looks_like_schedule(value: object) -> bool:
    """Whether ``value`` is text that begins as a schedule does."""
    return isinstance(value, str) and _BEGINNING.match(value) is not None


def read_schedule(text: str, where: str) -> Schedule:
    """The schedule that ``text`` means. Raises UsageError, which begins with ``where``."""
    where = f"{where} = {text}"
    phases = tuple(_phase(part, where) for part in _THEN.split(text))
    lengths = [phase.over or phase.percent for phase in phases]
    if None in lengths[:-1]:
        raise UsageError(f"{where}: all phases but the last need over STEPS, or over PERCENT%")
    taken = sum(phase.percent or 0 for phase in phases)
    if taken > 100 or (taken == 100 and lengths[-1] is None):
        raise UsageError(f"{where}: its phases take more than the whole run")
    return Schedule(phases)


def _phase(text: str, where: str) -> Phase:
    match = _PHASE.fullmatch(text)
    if match is None or (match[5] and not 0 < float(match[5]) <= 100):
        raise UsageError(
            f"{where} is no schedule: write START..END [{_CURVES}] "
            "[over STEPS|PERCENT%], and join several by 'then'"
        )
    start, end, word, over, percent = match.groups()
    ends = float(start), float(end or start)
    curves: dict[str | None, Curve] = {curve: curve for curve in get_args(Curve)}
    curve = curves[(word or "linear").lower()] if end else None
    if curve == "geometric" and min(ends) <= 0:
        raise UsageError(f"{where}: a geometric schedule has both ends above 0")
    return Phase(*ends, curve, int(over) if over else None, float(percent) if percent else None)


def schedulable(kind: str, model: type[Options]) -> tuple[str, ...]:
    """The options in ``model``, of a component of this kind, that may follow a schedule."""
    if kind == OPTIMIZER:
        return tuple(name for name in _RATES if name in model.model_fields)
    if kind not in _FOLLOWING:
        return ()
    return tuple(
        name
        for name, field in model.model_fields.items()
        if any(isinstance(mark, Schedulable) for mark in field.metadata)
    )


def _shown(number: float) -> str:
    """As short as can be, and exact."""
    return repr(number).removesuffix(".0")
