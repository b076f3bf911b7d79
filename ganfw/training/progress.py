"""How far a run is, its losses as numbers, its means over an epoch, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..interfaces.events import StepMetrics
from ..runtime.distributed import Processes
from .objective import StepLosses


@dataclass
class Progress:
    """How far a run is: ``step`` steps and ``batch`` batches of epoch ``epoch`` (from 1) done."""

    step: int = 0
    epoch: int = 1
    batch: int = 0

    def __post_init__(self) -> None:
        """Raises TypeError for what is no number, as in a damaged checkpoint."""
        if not all(isinstance(count, int) for count in (self.step, self.epoch, self.batch)):
            raise TypeError("its progress is no number of steps, epochs and batches")


@dataclass
class EpochMeter:
    """Sums over the epoch so far, for means per example as the book prints them."""

    examples: int = 0
    loss_D: float = 0.0
    loss_G: float = 0.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Raises TypeError for what is no number, as in a damaged checkpoint."""
        sums = (self.examples, self.loss_D, self.loss_G, self.seconds)
        if not all(isinstance(value, int | float) for value in sums):
            raise TypeError("its sums over the epoch are no numbers")

    def add(self, rows: tuple[StepMetrics, ...], seconds: float) -> None:
        for row in rows:
            self.examples += row.examples
            self.loss_D += row.loss_D * row.examples
            self.loss_G += row.loss_G * row.examples
        self.seconds += seconds

    def means(self) -> tuple[float, float, float]:
        """loss_D and loss_G per example, and examples per second."""
        examples = max(self.examples, 1)
        return self.loss_D / examples, self.loss_G / examples, examples / max(self.seconds, 1e-9)


@dataclass(frozen=True)
class Outcome:
    """How a run ended: means over its last epoch, and why it stopped if it stopped early;
    ``asked`` if this process was asked to, and not another one alone."""

    step: int
    epoch: int
    loss_D: float
    loss_G: float
    examples_per_second: float
    device: str
    stopped: str | None
    asked: bool = False

    def __str__(self) -> str:
        return (
            f"loss_D {self.loss_D:.3f}, loss_G {self.loss_G:.3f}, "
            f"{self.examples_per_second:.1f} examples/sec on {self.device}"
        )


def read_losses(
    pending: list[tuple[int, StepLosses]], epoch: int, processes: Processes
) -> tuple[StepMetrics, ...]:
    """The losses of ``pending`` steps, read off the device in one go: means over all processes."""
    stacked = torch.stack(
        [
            value
            for _, losses in pending
            for value in (losses.loss_D, losses.loss_G, *losses.terms.values())
        ]
    )
    numbers = iter(processes.all_reduce_mean(stacked).tolist())
    return tuple(
        StepMetrics(
            step,
            epoch,
            losses.examples,
            next(numbers),
            next(numbers),
            {name: next(numbers) for name in losses.terms},
        )
        for step, losses in pending
    )
