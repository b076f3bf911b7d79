"""What the metrics share: how many samples, of what, and what is written beside a score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ganfw import Dataset, Metric, ShapesError, UsageError

from .features import Features

Generate = Callable[[int], Tensor]


class SampleMetric(Metric):
    """A metric that compares as many generated samples as it is asked to with the real ones."""

    value_range: tuple[float, float] | None = None
    labels: Tensor | None = None

    @property
    def most_real(self) -> int:
        most: int = self.options.samples
        return most

    def prepare(self, dataset: Dataset, labels: Tensor | None) -> None:
        self.value_range = dataset.value_range
        self.labels = labels

    def chosen(self, real: Tensor) -> Tensor:
        """At most ``samples`` real samples, chosen at random by the metric's seed."""
        return real if len(real) <= self.options.samples else real[self.places(len(real))]

    def places(self, length: int) -> Tensor:
        """Where the chosen ones are among ``length``, in order."""
        generator = torch.Generator().manual_seed(self.options.seed)
        order = torch.randperm(length, generator=generator)
        return order[: self.options.samples].sort().values

    def features(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor, dict[str, Any]]:
        """Features of both, and what to write about them."""
        features = Features(real, self.value_range, self.options.seed)
        return features.real, features(fake), features.description()

    def making(self, real: Tensor, fake: Tensor) -> dict[str, Any]:
        """What is written beside every score."""
        return {
            "real_samples": len(real),
            "generated_samples": len(fake),
            "metric_seed": self.options.seed,
        }


def enough(samples: Tensor, least: int) -> None:
    """Raises UsageError for fewer samples than ``least``."""
    if len(samples) < least:
        raise UsageError(f"it needs {least} samples or more of each kind, not {len(samples)}")


def a_picture(samples: Tensor) -> None:
    """Raises ShapesError for what is no picture."""
    if samples.ndim != 4:
        raise ShapesError("it judges pictures, and this data is none")
