"""Metrics at work: real samples beside generated ones, and a record of how each score was made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..config import validation
from ..config.run_config import ComponentConfig
from ..config.schema import MetricKeys
from ..data.loader import Samples
from ..errors import DataError, PluginError, UsageError
from ..interfaces.dataset import Dataset
from ..interfaces.metric import Metric
from ..interfaces.shapes import Shapes
from ..runs.scores import Record, check_plain
from ..runtime.random_state import isolated_random_state
from .sample_pool import SamplePool, read_real

_WHOLE = "all of it"
_LABELLED = 10_000
"""Real samples by whose labels a conditional generator is asked for its own: as many whatever the
metrics take, so that it is judged by the same samples."""


@dataclass(frozen=True)
class SampleOrigin:
    """What made the generated samples: the step and name of the weights, and the latents' seed."""

    step: int
    weights: str
    seed: int


class Evaluator:
    """Scores generators of one run's shapes by its metrics, each with as many real samples as it
    can make use of, whatever the others take. They are read once.

    A metric that does not fit the data is refused at once: by the errors of `Metric.prepare`; or it
    is left out of ``metrics``, where ``leave_out`` is given, which is told why. At least ``keep``
    real samples are read (50,000 at most), for more than the metrics.
    """

    def __init__(
        self,
        metrics: Sequence[ComponentConfig[MetricKeys]],
        dataset: Dataset,
        data: ComponentConfig[Any],
        samples: Samples,
        shapes: Shapes,
        leave_out: Callable[[str], None] | None = None,
        keep: int = 0,
    ) -> None:
        self.shapes = shapes
        made = {each.registered.name: _metric(each) for each in metrics}
        most = max((each.most_real for each in made.values()), default=0)
        self.real, labels = read_real(samples, max(most, keep), shapes.classes and _LABELLED)
        self._counts = None if labels is None else _counts(labels[:_LABELLED], shapes.classes)
        self._data = _describe(data, dataset.fingerprint(), len(samples))
        self._ready: dict[str, Metric] = {}
        for component in metrics:
            metric = made[component.registered.name]
            with (
                leaving_out(leave_out),
                _naming(component.registered.label),
                isolated_random_state(0),
            ):
                metric.prepare(dataset, None if labels is None else labels[: metric.most_real])
                self._ready[component.registered.name] = metric
        self.metrics = [each for each in metrics if each.registered.name in self._ready]

    def drawn(self, network: nn.Module, seed: int) -> SamplePool:
        """What ``network`` generates from latents of ``seed``, and of labels as the data's."""
        return SamplePool(network, self.shapes, seed, self._counts)

    def score(
        self, component: ComponentConfig[MetricKeys], drawn: SamplePool, made: SampleOrigin
    ) -> Record:
        """The record of one metric's judgement; no random stream but its own is drawn from.
        Raises ShapesError, UsageError, DataError or PluginError."""
        began = time.perf_counter()
        metric, label = self._ready[component.registered.name], component.registered.label
        real = self.real[: metric.most_real]
        with isolated_random_state(made.seed), torch.no_grad(), _naming(label):
            result = dict(metric(real, drawn.reader()))
        check_plain(result, label)
        return {
            "metric": component.use,
            "release": str(component.registered.source),
            "version": component.registered.component.version,
            "options": validation.to_plain(component.options),
            "main": metric.main,
            "lower_is_better": metric.lower_is_better,
            "result": result,
            **self.stamp(made, len(real)),
            "seconds": round(time.perf_counter() - began, 2),
        }

    def stamp(self, made: SampleOrigin, given: int) -> Record:
        """What a record says of the samples: the generated ones, and the ``given`` real ones."""
        return {
            "step": made.step,
            "weights": made.weights,
            "seed": made.seed,
            "data": {**self._data, "given": given},
            "torch": torch.__version__,
        }


@contextmanager
def leaving_out(leave_out: Callable[[str], None] | None) -> Iterator[None]:
    """What does not fit the data is told to ``leave_out``, or an error where that is None."""
    try:
        yield
    except UsageError as error:
        if leave_out is None:
            raise
        leave_out(f"left out: {error}")


def _metric(component: ComponentConfig[MetricKeys]) -> Metric:
    metric: Metric = component.registered.load()(component.options)
    return metric


def _counts(labels: Tensor, classes: int) -> Tensor:
    """How many of ``labels`` (N,) there are of each (K,) that the network knows."""
    return torch.bincount(labels, minlength=classes)[:classes]


def _describe(data: ComponentConfig[Any], fingerprint: str, examples: int) -> dict[str, Any]:
    options = validation.to_plain(data.options)
    return {
        "use": data.use,
        "options": options,
        "fingerprint": fingerprint,
        "examples": examples,
        "split": options.get("split", _WHOLE),
    }


@contextmanager
def _naming(label: str) -> Iterator[None]:
    """What a metric refuses is said in its name."""
    try:
        yield
    except (UsageError, DataError, PluginError) as error:
        raise type(error)(f"{label}: {error}") from error
    except ImportError as error:
        raise PluginError(f"{label} needs what is not installed: {error}") from error
