"""Metric: what judges a generator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from torch import Tensor

from .dataset import Dataset


class Metric:
    """Judges a generator."""

    main: ClassVar[str] = ""
    """The score that tells better from worse, where there is one."""

    lower_is_better: ClassVar[bool] = True

    def __init__(self, options: Any) -> None:
        self.options = options

    @property
    def most_real(self) -> int:
        """Real samples that it can make use of: it is given as many at most, chosen at random."""
        return 50_000

    def prepare(self, dataset: Dataset, labels: Tensor | None) -> None:
        """Told once, before any judging, and before the first step of a run that it judges: what
        the real samples are of, and the labels (N,) of those it is given. Raises ShapesError for
        data that it can't judge, UsageError for too few samples, PluginError or DataUnavailable
        where it lacks what it needs."""

    def __call__(self, real: Tensor, generate: Callable[[int], Tensor]) -> Mapping[str, Any]:
        """Scores by name, and how they were made: sample counts, features, split, seed. ``real``
        is (N, ...) on the CPU; ``generate(n)`` draws n samples more. Other metrics judge the same
        samples: all are left as they are. Raises ShapesError for data that it can't judge,
        UsageError for too few samples."""
        raise NotImplementedError
