"""Metric: what judges a generator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from torch import Tensor

from .dataset import Dataset


class Generate(Protocol):
    """Generated samples, one after another, as a metric is given them. Other metrics are given the
    same ones: change neither these nor their labels."""

    def __call__(self, count: int, /) -> Tensor:
        """The next ``count`` samples (count, ...) on the CPU, from the first one on. Raises
        PluginError where they are not finite."""
        ...

    @property
    def labels(self) -> Tensor | None:
        """The labels that all samples given so far were made for, in their order: (N,) int64 for
        classes, (N, *label_shape) for arrays; None for data without labels. Whether the generator
        used them is another matter."""
        ...


class Metric:
    """Judges a generator."""

    main: ClassVar[str] = ""
    """The score that tells better from worse, if there is one."""

    lower_is_better: ClassVar[bool] = True

    def __init__(self, options: Any) -> None:
        self.options = options

    @property
    def most_real(self) -> int:
        """The most real samples that it can use; if there are more, it is given a random choice."""
        return 50_000

    def prepare(self, dataset: Dataset, labels: Tensor | None) -> None:
        """Called once before the first scores, and before the first step of a run that it judges:
        with the dataset that real samples come from, and the labels of those it will be given: (N,)
        indices of classes, (N, *dataset.label_shape), or None.
        Raises ShapesError for data that it can't judge, UsageError for too few samples, PluginError
        or DataUnavailable if something that it needs is missing."""

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        """Scores by name, and how they were made: sample counts, features, split, seed. ``real``
        is (N, ...) on the CPU; ``generate(n)`` gives n more samples, and ``generate.labels`` the
        labels that they were made for. Other metrics judge the same samples, so none may be
        changed. Raises ShapesError for data that it can't judge,
        UsageError for too few samples."""
        raise NotImplementedError
