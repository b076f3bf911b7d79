"""What the metrics share: how many samples, of what, and what is written beside a score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor

from ganfw import Dataset, Metric, ShapesError, UsageError

from .features import Features

Generate = Callable[[int], Tensor]
T = TypeVar("T")


class SampleMetric(Metric):
    """A metric that compares as many generated samples as it is asked to with the real ones."""

    value_range: tuple[float, float] | None = None
    labels: Tensor | None = None
    _remembered: tuple[Tensor, Any] | None = None

    @property
    def most_real(self) -> int:
        most: int = self.options.samples
        return most

    @property
    def least(self) -> int:
        """Samples of each kind that it needs."""
        return 2

    def prepare(self, dataset: Dataset, labels: Tensor | None) -> None:
        self.fits(tuple(dataset.sample_shape))
        self.enough(min(len(dataset), self.options.samples))
        self.value_range = dataset.value_range
        self.labels = labels

    def fits(self, sample: tuple[int, ...]) -> None:
        """Raises ShapesError for samples of a shape that it can't judge."""

    def enough(self, count: int) -> None:
        """Raises UsageError for fewer samples than it needs."""
        if count < self.least:
            raise UsageError(f"it needs {self.least} samples or more of each kind, not {count}")

    def chosen(self, real: Tensor) -> Tensor:
        """At most ``samples`` real samples, chosen at random by the metric's seed. Raises
        ShapesError or UsageError for what it can't judge."""
        self.fits(tuple(real.shape[1:]))
        chosen = real if len(real) <= self.options.samples else real[self.places(len(real))]
        self.enough(len(chosen))
        return chosen

    def places(self, length: int) -> Tensor:
        """Where the chosen ones are among ``length``, in order."""
        generator = torch.Generator().manual_seed(self.options.seed)
        order = torch.randperm(length, generator=generator)
        return order[: self.options.samples].sort().values

    def remembered(self, real: Tensor, compute: Callable[[Tensor], T]) -> T:
        """``compute`` of the chosen real samples. It is not computed anew for the same ones: a run
        that is judged while it trains is judged by them again and again."""
        if self._remembered is None or not _same_memory(self._remembered[0], real):
            self._remembered = real, compute(self.chosen(real))
        found: T = self._remembered[1]
        return found

    def features(self, real: Tensor) -> Features:
        """The map that is standardised by the chosen real samples, and knows their features."""

        def fitted(chosen: Tensor) -> Features:
            return Features(chosen, self.value_range, self.options.seed)

        return self.remembered(real, fitted)

    def making(self, real: int, fake: Tensor) -> dict[str, Any]:
        """What is written beside every score: how many of the ``real`` samples were used, too."""
        return {
            "real_samples": min(real, self.options.samples),
            "generated_samples": len(fake),
            "metric_seed": self.options.seed,
        }


class PictureMetric(SampleMetric):
    """One that judges pictures alone."""

    def fits(self, sample: tuple[int, ...]) -> None:
        if len(sample) != 3:
            raise ShapesError("it judges pictures, and this data is none")


def _same_memory(one: Tensor, other: Tensor) -> bool:
    # A slice of the same samples is another object each time. The first is still held, so that
    # nothing else can have come to lie where it lies.
    return one.data_ptr() == other.data_ptr() and one.shape == other.shape
