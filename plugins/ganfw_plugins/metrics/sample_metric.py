"""What the metrics share: how many samples, of what, and what is written beside a score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor

from ganfw import Dataset, Metric, ShapesError, UsageError, log

from .features import Features, RandomFilters

T = TypeVar("T")


class SampleMetric(Metric):
    """A metric that compares ``samples`` generated samples with at most as many real ones."""

    value_range: tuple[float, float] | None = None
    labels: Tensor | None = None
    why_enough = ""
    _cached: tuple[Tensor, Any] | None = None

    @property
    def most_real(self) -> int:
        most: int = self.options.samples
        return most

    @property
    def least(self) -> int:
        """The least number of samples of each kind that it needs."""
        return 2

    def enough(self, sample: tuple[int, ...]) -> int:
        """How many samples of that shape, of each kind, make a score that can be relied on."""
        return 100

    def prepare(self, dataset: Dataset, labels: Tensor | None) -> None:
        self.check_shape(tuple(dataset.sample_shape))
        self.check_count(count := min(len(dataset), self.options.samples))
        if count < (enough := self.enough(tuple(dataset.sample_shape))):
            log.warning(
                f"{self.main}: {count} samples are few, the score is a rough one: it takes "
                f"{enough} or more{self.why_enough}. Compare it only with others of as many"
            )
        self.value_range = dataset.value_range
        self.labels = labels

    def check_shape(self, sample: tuple[int, ...]) -> None:
        """Raises ShapesError for samples of a shape that it can't judge."""

    def check_count(self, count: int) -> None:
        """Raises UsageError for fewer samples than it needs."""
        if count < self.least:
            raise UsageError(f"it needs {self.least} samples or more of each kind, not {count}")

    def chosen(self, real: Tensor) -> Tensor:
        """At most ``samples`` real samples, chosen at random by the metric's seed. Raises
        ShapesError or UsageError for what it can't judge."""
        self.check_shape(tuple(real.shape[1:]))
        chosen = real if len(real) <= self.options.samples else real[self.chosen_indices(len(real))]
        self.check_count(len(chosen))
        return chosen

    def chosen_indices(self, length: int) -> Tensor:
        """The indices of the chosen ones among ``length``, in order."""
        generator = torch.Generator().manual_seed(self.options.seed)
        order = torch.randperm(length, generator=generator)
        return order[: self.options.samples].sort().values

    def cached(self, real: Tensor, compute: Callable[[Tensor], T]) -> T:
        """``compute`` of the chosen real samples, computed once for the same ones: a run that is
        scored while it trains is compared with them again and again."""
        if self._cached is None or not _same_memory(self._cached[0], real):
            self._cached = real, compute(self.chosen(real))
        found: T = self._cached[1]
        return found

    def features(self, real: Tensor) -> Features:
        """The features, standardised by the chosen real samples; ``real`` are those of them."""

        def fitted(chosen: Tensor) -> Features:
            filters = RandomFilters(chosen.shape[1:], self.value_range, self.options.seed)
            return Features(chosen, filters, filters.description()).standardised()

        return self.cached(real, fitted)

    def provenance(self, real: int, fake: Tensor) -> dict[str, Any]:
        """What is recorded beside every score: also how many of the ``real`` samples were used."""
        return {
            "real_samples": min(real, self.options.samples),
            "generated_samples": len(fake),
            "metric_seed": self.options.seed,
        }


class PictureMetric(SampleMetric):
    """One that judges pictures alone."""

    def check_shape(self, sample: tuple[int, ...]) -> None:
        if len(sample) != 3:
            raise ShapesError("it judges pictures, and this data is none")


def check_channels(sample: tuple[int, ...]) -> None:
    """Raises ShapesError for pictures (C, H, W) that networks for photographs can't be shown."""
    if sample[0] not in (1, 3):
        raise ShapesError(f"it judges grey and RGB pictures, not {sample[0]} channels")


def _same_memory(one: Tensor, other: Tensor) -> bool:
    # A slice of the same samples is another object each time. The first is still held, so no other
    # tensor can have taken its memory.
    return one.data_ptr() == other.data_ptr() and one.shape == other.shape
