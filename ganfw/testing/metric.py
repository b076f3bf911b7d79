"""What a metric must do: give finite scores by name, and say how they were made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..errors import DataUnavailable, PluginError, ShapesError
from ..interfaces.shapes import Shapes
from .failure import Broken, NotApplicable
from .subject import Subject, describe
from .toys import ToyDataset, random_samples, toy_labels

SHAPES = (Shapes((2,), None, 3, 5), Shapes((3, 16, 16), (-1.0, 1.0), 3, 5))
_REAL = 48


class Trial:
    """A metric, real samples of one shape, and a generator that makes noise."""

    def __init__(self, subject: Subject, shapes: Shapes) -> None:
        torch.manual_seed(0)
        self.metric = subject.build()
        self.shapes = shapes
        self.real = random_samples(shapes, _REAL)
        self.given = [(self.real, self.real.clone())]
        """All samples that the metric was given, each with a copy."""

    def scores(self) -> Any:
        """Raises ShapesError for samples that the metric can't judge."""
        self.metric.prepare(ToyDataset(self.shapes, _REAL), toy_labels(self.shapes, _REAL))
        return self.metric(self.real, _Noise(self.shapes, self.given))


class _Noise:
    """Random samples of ``shapes``, which are added to ``given``, each with a copy."""

    def __init__(self, shapes: Shapes, given: list[tuple[Tensor, Tensor]]) -> None:
        self._shapes, self._given = shapes, given
        self._count = 0

    def __call__(self, count: int, /) -> Tensor:
        samples = random_samples(self._shapes, count)
        self._given.append((samples, samples.clone()))
        self._count += count
        return samples

    @property
    def labels(self) -> Tensor | None:
        return toy_labels(self._shapes, self._count)


def scores_are_numbers_with_details(subject: Subject) -> None:
    """At least one finite score, and beside it how it was made: a bare number can't be compared."""
    for trial, scores in _judged(subject):
        at = subject.target.__call__
        if not isinstance(scores, Mapping) or not all(isinstance(key, str) for key in scores):
            raise Broken("scores by name", type(scores).__name__, at)
        try:
            json.dumps(dict(scores), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise Broken("plain, finite values, that JSON can hold", str(error), at) from error
        if not any(isinstance(score, float) for score in scores.values()):
            raise Broken(f"a score, a float, for {describe(trial.shapes)}", repr(dict(scores)), at)
        if len(scores) < 2:
            raise Broken("also how it was made: sample counts, seed", f"{dict(scores)} alone", at)


def same_samples_same_scores(subject: Subject) -> None:
    """Given the same samples again, it gives the same scores."""
    first, second = ([dict(scores) for _, scores in _judged(subject)] for _ in range(2))
    if first != second:
        raise Broken(f"the same scores again, {first}", repr(second), subject.target.__call__)


def samples_are_not_changed(subject: Subject) -> None:
    """Other metrics judge the same samples, real and generated ones."""
    for trial, _ in _judged(subject):
        if not all(torch.equal(samples, before) for samples, before in trial.given):
            at = subject.target.__call__
            raise Broken("samples that are left as they were", "some changed in place", at)


def _judged(subject: Subject) -> list[tuple[Trial, Any]]:
    """The scores of each kind of data that the metric can judge."""
    judged = []
    for shapes in SHAPES:
        trial = Trial(subject, shapes)
        try:
            judged.append((trial, trial.scores()))
        except ShapesError:
            continue
        except (ImportError, PluginError, DataUnavailable) as error:
            raise NotApplicable(f"it needs what is not installed: {error}") from None
    if not judged:
        kinds = " and ".join(map(describe, SHAPES))
        raise Broken("scores of some data", f"ShapesError for {kinds}", subject.target.__call__)
    return judged


CHECKS = (scores_are_numbers_with_details, same_samples_same_scores, samples_are_not_changed)
