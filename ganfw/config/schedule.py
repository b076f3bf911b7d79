"""Schedules: a number that changes with the step, written in place of it: ``10..1 cosine``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

from ..errors import UsageError
from ..interfaces.options import Options, Schedulable
from ..registry.component import OPTIMIZER

Kind = Literal["linear", "cosine", "geometric"]

_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?"
_BEGINNING = re.compile(rf"\s*{_NUMBER}\s*\.\.", re.IGNORECASE)
_WHOLE = re.compile(
    rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})"
    rf"(?:\s+({'|'.join(get_args(Kind))}))?(?:\s+over\s+([1-9]\d{{0,9}}))?\s*",
    re.IGNORECASE,
)
_FOLLOWING = ("loss", "augment", "callback")
"""The kinds of components whose marked options may follow a schedule."""

_RATES = ("lr", "betas", "weight_decay")
"""The options of every optimizer that may, betas one by one: torch reads them anew in each step."""


@dataclass(frozen=True)
class Schedule:
    """From ``start`` in step 1 to ``end`` in step ``over``, or in the run's last; then constant."""

    start: float
    end: float
    kind: Kind = "linear"
    over: int | None = None

    def at(self, step: int, total_steps: int) -> float:
        """The value in ``step``, counted from 1, of a run of ``total_steps``. A function of these
        two alone, so that it needs no state. cosine is Loshchilov & Hutter 2017, equation 5,
        without restarts; geometric changes by the same factor in each step."""
        steps = (self.over or total_steps) - 1
        done = min((step - 1) / max(steps, 1), 1.0)
        if self.kind == "geometric":
            return float(self.start ** (1 - done) * self.end**done)
        if self.kind == "cosine":
            done = (1 - math.cos(math.pi * done)) / 2
        return self.start * (1 - done) + self.end * done

    @property
    def greatest(self) -> float:
        """The greater of both ends, which no value exceeds."""
        return max(self.start, self.end)

    def __str__(self) -> str:
        """As a config holds it."""
        kind = "" if self.kind == "linear" else f" {self.kind}"
        over = "" if self.over is None else f" over {self.over}"
        return f"{_shown(self.start)}..{_shown(self.end)}{kind}{over}"


def looks_like_schedule(value: object) -> bool:
    """Whether ``value`` is text that begins as a schedule does."""
    return isinstance(value, str) and _BEGINNING.match(value) is not None


def read_schedule(text: str, where: str) -> Schedule:
    """The schedule that ``text`` means. Raises UsageError, which begins with ``where``."""
    match = _WHOLE.fullmatch(text)
    if match is None:
        raise UsageError(
            f"{where} = {text} is no schedule: write START..END, which may be followed by "
            f"{', '.join(get_args(Kind)[:-1])} or {get_args(Kind)[-1]}, and by over STEPS"
        )
    start, end, word, over = match.groups()
    ends = float(start), float(end)
    (kind,) = (kind for kind in get_args(Kind) if kind == (word or "linear").lower())
    if kind == "geometric" and min(ends) <= 0:
        raise UsageError(f"{where} = {text}: a geometric schedule has both ends above 0")
    return Schedule(*ends, kind, int(over) if over else None)


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
