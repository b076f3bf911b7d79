"""Metrics at work: real samples beside generated ones, and a record of how each score was made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch
from PIL import Image
from torch import nn

from .. import __version__
from ..config import validation
from ..config.run_config import ComponentConfig
from ..config.schema import DataKeys, MetricKeys
from ..data.loader import Samples
from ..errors import DataError, PluginError, UsageError
from ..interfaces.dataset import Dataset
from ..interfaces.metric import Metric
from ..interfaces.shapes import Shapes
from ..runs.records import ScoreData, ScoreRecord
from ..runs.scores import checked_result
from ..runtime.random_state import isolated_random_state
from .memorization import SAMPLES, nearest_picture, novelty
from .sample_pool import SamplePool, read_real

_WHOLE = "all of it"
_NEW = 256
"""Generated samples that novelty is computed of."""

_LABELLED, _LABEL_ARRAYS = 10_000, 2_048
"""Real samples whose labels a conditional generator is asked for, classes and arrays, which may be
as large as samples: as many whatever the metrics need, so that all are given the same samples."""


@dataclass(frozen=True)
class SampleOrigin:
    """Where generated samples come from: weights, as of a step, and the latents' seed."""

    step: int
    weights: str
    seed: int


class Evaluator:
    """Scores generators of one run's shapes by its metrics. Each is given as many real samples as
    it can use, whatever the others take; they are read once.

    A metric that does not fit the data is refused at once, with the errors of `Metric.prepare`. If
    ``leave_out`` is given, it is told why instead, and the metric is left out of ``metrics``. At
    least ``keep`` real samples are read (50,000 at most), for other uses than the metrics.
    """

    def __init__(
        self,
        metrics: Sequence[ComponentConfig[MetricKeys]],
        dataset: Dataset,
        data: ComponentConfig[DataKeys],
        samples: Samples,
        shapes: Shapes,
        leave_out: Callable[[str], None] | None = None,
        keep: int = 0,
    ) -> None:
        self.shapes = shapes
        built = {component.name: _build(component) for component in metrics}
        most = max((metric.most_real for metric in built.values()), default=0)
        labelled = (_LABEL_ARRAYS if shapes.label else _LABELLED) if shapes.has_labels else 0
        self.real, labels = read_real(samples, max(most, keep), labelled)
        self._labels = None if labels is None else labels[:labelled]
        self._data = _describe(data, dataset.fingerprint(), len(samples))
        self._ready: dict[str, Metric] = {}
        for component in metrics:
            metric = built[component.name]
            with (
                leaving_out(leave_out),
                _naming(component.registered.label),
                isolated_random_state(0),
            ):
                metric.prepare(dataset, None if labels is None else labels[: metric.most_real])
                self._ready[component.name] = metric
        self.metrics = [metric for metric in metrics if metric.name in self._ready]

    def pool(self, network: nn.Module, seed: int) -> SamplePool:
        """Samples of ``network`` from latents of ``seed``, with labels as often as in the data."""
        return SamplePool(network, self.shapes, seed, self._labels)

    def score(
        self, component: ComponentConfig[MetricKeys], pool: SamplePool, origin: SampleOrigin
    ) -> ScoreRecord:
        """What one metric finds; it draws from no random stream but its own. Raises ShapesError,
        UsageError, DataError or PluginError."""
        began = time.perf_counter()
        registered = component.registered
        metric = self._ready[component.name]
        real = self.real[: metric.most_real]
        with isolated_random_state(origin.seed), torch.no_grad(), _naming(registered.label):
            result = metric(real, pool.reader())
        return ScoreRecord(
            metric=component.label,
            release=str(registered.source),
            version=registered.component.version,
            options=validation.to_plain(component.options),
            main=metric.main,
            lower_is_better=metric.lower_is_better,
            result=checked_result(result, registered.label),
            **self._circumstances(origin, len(real), began),
        )

    def novelty(self, pool: SamplePool, origin: SampleOrigin) -> tuple[Image.Image, ScoreRecord]:
        """A picture of samples beside the nearest real ones, and how new samples are. Raises
        PluginError where that is not finite."""
        began = time.perf_counter()
        generated, value_range = pool.reader()(_NEW), self.shapes.value_range or (0, 1)
        picture = nearest_picture(generated[:SAMPLES], self.real, value_range)
        counts = {"real_samples": len(self.real), "generated_samples": len(generated)}
        result = {"novelty": novelty(generated, self.real), **counts}
        record = ScoreRecord(
            metric="novelty",
            release=f"ganfw {__version__}",
            version=1,
            options={},
            main="",
            lower_is_better=False,
            result=checked_result(result, "novelty"),
            **self._circumstances(origin, len(self.real), began),
        )
        return picture, record

    def _circumstances(self, origin: SampleOrigin, given: int, began: float) -> dict[str, Any]:
        """Those fields of a record that don't depend on the metric."""
        return {
            **asdict(origin),
            "data": self._data.model_copy(update={"given": given}),
            "torch": torch.__version__,
            "seconds": round(time.perf_counter() - began, 2),
        }


@contextmanager
def leaving_out(leave_out: Callable[[str], None] | None) -> Iterator[None]:
    """Tells ``leave_out`` what does not fit the data; where that is None, it is an error."""
    try:
        yield
    except UsageError as error:
        if leave_out is None:
            raise
        leave_out(f"left out: {error}")


def _build(component: ComponentConfig[MetricKeys]) -> Metric:
    metric: Metric = component.registered.load()(component.options)
    return metric


def _describe(data: ComponentConfig[Any], fingerprint: str, examples: int) -> ScoreData:
    options = validation.to_plain(data.options)
    return ScoreData(
        use=data.use,
        options=options,
        fingerprint=fingerprint,
        examples=examples,
        split=options.get("split", _WHOLE),
        given=0,
    )


@contextmanager
def _naming(label: str) -> Iterator[None]:
    """Errors of a metric begin with its ``label``."""
    try:
        yield
    except (UsageError, DataError, PluginError) as error:
        raise type(error)(f"{label}: {error}") from error
    except ImportError as error:
        raise PluginError(f"{label} needs what is not installed: {error}") from error
