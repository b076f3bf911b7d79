"""What a callback is told: one frozen event each time.

Every event but the first carries ``run``, the view of the run that callbacks share. Steps and
epochs count from 1: ``step`` is the number of steps done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .player import Player
from .run_view import RunView


@dataclass(frozen=True)
class StepMetrics:
    """The losses of one step as plain numbers, per example.

    ``terms`` maps ``D/<loss>.<term>`` and ``G/<loss>.<term>`` to the weighted summands of
    ``loss_D`` and ``loss_G``. ``examples`` is the number of real samples in the step.
    """

    step: int
    epoch: int
    examples: int
    loss_D: float
    loss_G: float
    terms: Mapping[str, float]


@dataclass(frozen=True)
class Composed:
    """The run is put together, and nothing of it is written yet, so that there is no ``run`` so
    far. ``config`` is the resolved run as plain values, ``networks`` are the names of all."""

    config: Mapping[str, Any]
    networks: tuple[str, ...]


@dataclass(frozen=True)
class TrainStart:
    """``step`` steps were done before (0 for a fresh run); ``epoch`` is the one to go on with."""

    run: RunView
    step: int
    epoch: int


@dataclass(frozen=True)
class GradientsReady:
    """``player.network``'s gradients are complete; its optimizer steps next. ``name`` is "gen",
    "disc", or that of a further network."""

    run: RunView
    step: int
    name: str
    player: Player


@dataclass(frozen=True)
class StepEnd:
    """Both players have moved."""

    run: RunView
    step: int
    epoch: int


@dataclass(frozen=True)
class Log:
    """The losses of the steps since the last such event, oldest first, and the speed over them."""

    run: RunView
    rows: tuple[StepMetrics, ...]
    examples_per_second: float


@dataclass(frozen=True)
class EpochEnd:
    """One pass over the data is done; the losses are its means per example."""

    run: RunView
    step: int
    epoch: int
    loss_D: float
    loss_G: float
    examples_per_second: float


@dataclass(frozen=True)
class Checkpoint:
    """All state is about to be saved as of ``step``."""

    run: RunView
    step: int


@dataclass(frozen=True)
class TrainEnd:
    """The run is over. ``stopped`` says why it ended early, or is None."""

    run: RunView
    step: int
    epoch: int
    stopped: str | None


@dataclass(frozen=True)
class Failure:
    """The run raised ``error`` after ``step`` whole steps."""

    run: RunView
    step: int
    error: BaseException


@dataclass(frozen=True)
class Score:
    """One finite number that ``metric`` gave; ``is_main`` says that it tells better from worse."""

    metric: str
    name: str
    value: float
    is_main: bool
    lower_is_better: bool


@dataclass(frozen=True)
class Scores:
    """The run's metrics have judged the generator as of ``step``. ``is_best``: by the first
    metric's main score it is the best so far, and this step will be saved as such."""

    run: RunView
    step: int
    epoch: int
    scores: tuple[Score, ...]
    is_best: bool
