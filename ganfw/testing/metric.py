"""What a metric owes: finite scores by name, and how they were made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor

from ..errors import DataUnavailable, PluginError, ShapesError
from ..interfaces.shapes import Shapes
from .discriminator import draw_samples
from .failure import Broken, NotApplicable, expecting
from .subject import Subject, describe
from .toys import ToyDataset

SHAPES = (Shapes((2,), None, 3, 5), Shapes((3, 32, 32), (-1.0, 1.0), 3, 5))
_REAL = 48


def scores_are_numbers_with_their_making(subject: Subject) -> None:
    """At least one finite score, and beside it how it was made: a bare number says nothing."""
    for shapes, scores in _judged(subject):
        at = subject.target.__call__
        if not isinstance(scores, Mapping) or not all(isinstance(key, str) for key in scores):
            raise Broken("scores by name", type(scores).__name__, at)
        try:
            json.dumps(dict(scores), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise Broken("plain, finite values, that JSON can hold", str(error), at) from error
        if not any(isinstance(each, float) for each in scores.values()):
            raise Broken(f"a score, a float, for {describe(shapes)}", repr(dict(scores)), at)
        if len(scores) < 2:
            raise Broken("how the score was made, beside it: sample counts, features, seed",
                         f"{dict(scores)} alone", at)  # fmt: skip


def same_samples_same_scores(subject: Subject) -> None:
    """Asked again about the same samples, it says the same."""
    first = [dict(scores) for _, scores in _judged(subject)]
    second = [dict(scores) for _, scores in _judged(subject)]
    if first != second:
        raise Broken(f"the same scores again, {first}", repr(second), subject.target.__call__)


def samples_are_left_alone(subject: Subject) -> None:
    """Other metrics judge the same samples, real and generated ones."""
    for shapes in SHAPES:
        torch.manual_seed(0)
        real = draw_samples(shapes, _REAL)
        given = [(real, real.clone())]
        with suppress(ShapesError):
            _judge(subject, shapes, real, given)
        if not all(torch.equal(samples, before) for samples, before in given):
            raise Broken("real and generated samples left as they were", "samples changed in place",
                         subject.target.__call__)  # fmt: skip


def _judged(subject: Subject) -> list[tuple[Shapes, Any]]:
    found = []
    for shapes in SHAPES:
        torch.manual_seed(0)
        with suppress(ShapesError):
            found.append((shapes, _judge(subject, shapes, draw_samples(shapes, _REAL))))
    if not found:
        kinds = " and ".join(describe(shapes) for shapes in SHAPES)
        raise Broken("scores of some data", f"ShapesError for {kinds}", subject.target.__call__)
    return found


def _judge(
    subject: Subject,
    shapes: Shapes,
    real: Tensor,
    given: list[tuple[Tensor, Tensor]] | None = None,
) -> Any:
    """The scores; what was generated for them is added to ``given``, with a copy of each."""
    stream = torch.Generator().manual_seed(1)

    def generate(count: int) -> Tensor:
        noise = torch.randn(count, *shapes.sample, generator=stream)
        samples = noise if shapes.value_range is None else noise.tanh()
        if given is not None:
            given.append((samples, samples.clone()))
        return samples

    metric = subject.build()
    labels = torch.arange(len(real)) % shapes.classes
    try:
        with expecting(f"scores of {describe(shapes)}", type(metric).__call__):
            metric.prepare(ToyDataset(shapes, len(real)), labels)
            return metric(real, generate)
    except Broken as broken:
        if isinstance(broken.__cause__, ShapesError):
            raise broken.__cause__ from None
        if isinstance(broken.__cause__, ImportError | PluginError | DataUnavailable):
            raise NotApplicable(f"it needs what is not here: {broken.__cause__}") from None
        raise


CHECKS = (
    scores_are_numbers_with_their_making,
    same_samples_same_scores,
    samples_are_left_alone,
)
