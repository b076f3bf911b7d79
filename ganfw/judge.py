"""Metrics at work: real samples beside generated ones, and a record of how each score was made."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from . import atomic, fields
from .config import Filling
from .data.source import Samples
from .errors import PluginError, RunError, UsageError
from .interfaces import Dataset, Metric
from .randomness import Latents, derive_seed
from .sampling import generate
from .settings import MetricKeys
from .shapes import Shapes

MOST_REAL = 50_000
"""Real samples that metrics are given at most, chosen at random by the seed."""

_STREAM, _BATCH = 5, 256
Record = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """What made the generated samples: the step and name of the weights, and the latents' seed."""

    step: int
    weights: str
    seed: int


class Judge:
    """Scores generators of one run's shapes by its metrics. The real samples are read once."""

    def __init__(
        self,
        metrics: Sequence[Filling[MetricKeys]],
        dataset: Dataset,
        data: Filling[Any],
        samples: Samples,
        shapes: Shapes,
    ) -> None:
        self.metrics = metrics
        self._shapes = shapes
        self.real, labels = read_all(samples, MOST_REAL)
        self._data = {
            "use": data.use,
            "fingerprint": dataset.fingerprint(),
            "examples": len(samples),
            "given": len(self.real),
            "split": "all of it",
        }
        self._ready: dict[str, Metric] = {}
        for filling in metrics:
            metric: Metric = filling.registered.load()(filling.options)
            metric.prepare(dataset, labels)
            self._ready[filling.registered.name] = metric

    def drawn(self, network: nn.Module, seed: int) -> Drawn:
        """What ``network`` generates from latents of ``seed``."""
        return Drawn(network, self._shapes, seed)

    def score(self, filling: Filling[MetricKeys], drawn: Drawn, made: Made) -> Record:
        """The record of one metric's judgement; no random stream but its own is drawn from.
        Raises ShapesError, UsageError or PluginError."""
        began = time.perf_counter()
        metric, label = self._ready[filling.registered.name], filling.registered.label
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(made.seed)
            try:
                result = dict(metric(self.real, drawn.reader()))
            except UsageError as error:
                raise type(error)(f"{label}: {error}") from error
            except ImportError as error:
                raise PluginError(f"{label} needs what is not installed: {error}") from error
        check_plain(result, label)
        return {
            "metric": filling.use,
            "release": str(filling.registered.source),
            "version": filling.registered.component.version,
            "options": fields.plain(filling.options),
            "main": metric.main,
            "lower_is_better": metric.lower_is_better,
            "result": result,
            "step": made.step,
            "weights": made.weights,
            "seed": made.seed,
            "data": self._data,
            "torch": torch.__version__,
            "seconds": round(time.perf_counter() - began, 2),
        }


class Drawn:
    """A generator's samples, an endless row that is a function of the seed alone. It is drawn as
    far as anyone has read, and kept, so that several metrics judge the same samples."""

    def __init__(self, network: nn.Module, shapes: Shapes, seed: int) -> None:
        self._network, self._shapes = network, shapes
        self._device = next((each.device for each in network.parameters()), torch.device("cpu"))
        # On the CPU, so that a score is the same wherever the network lives.
        cpu = torch.device("cpu")
        self._latents = Latents(shapes.latent_dim, derive_seed(seed, _STREAM), cpu)
        self._labels = torch.Generator().manual_seed(derive_seed(seed, _STREAM, 1))
        self._batches: list[Tensor] = []

    def reader(self) -> Callable[[int], Tensor]:
        """``generate(n)``: the next n samples (n, ...) on the CPU, from the first one on."""
        read = 0

        def generate(count: int) -> Tensor:
            nonlocal read
            read += count
            return self._rows(read - count, read)

        return generate

    def _rows(self, start: int, stop: int) -> Tensor:
        first, last = start // _BATCH, math.ceil(stop / _BATCH)
        while len(self._batches) < last:
            self._batches.append(self._draw())
        offset = first * _BATCH
        return torch.cat(self._batches[first:last])[start - offset : stop - offset]

    def _draw(self) -> Tensor:
        latents = self._latents(_BATCH).to(self._device)
        labels = None
        if self._shapes.classes:
            labels = torch.randint(self._shapes.classes, (_BATCH,), generator=self._labels)
            labels = labels.to(self._device)
        return generate(self._network, latents, labels).float().cpu()


def read_all(samples: Samples, most: int) -> tuple[Tensor, Tensor | None]:
    """Up to ``most`` real samples (N, ...) in a fixed random order, and their labels (N,)."""
    # An epoch leaves a last batch of a single sample out: no size that would make one.
    size = _BATCH if len(samples) % _BATCH != 1 else _BATCH - 1
    source = samples.batches(min(size, len(samples)), 0, torch.device("cpu"))
    parts, labels, count = [], [], 0
    for batch in source.epoch(1):
        parts.append(batch.samples)
        labels.append(batch.labels)
        count += len(batch)
        if count >= most:
            break
    found = [each for each in labels if each is not None]
    return torch.cat(parts)[:most], torch.cat(found)[:most] if found else None


def check_plain(result: Mapping[str, Any], label: str) -> None:
    """Raises PluginError for a score that is no finite number, or a record that JSON can't hold."""
    floats = {key: each for key, each in result.items() if isinstance(each, float)}
    bad = [key for key, each in floats.items() if not math.isfinite(each)]
    if bad:
        raise PluginError(f"{label}: {', '.join(bad)} is not finite")
    try:
        json.dumps(result)
    except TypeError as error:
        raise PluginError(f"{label}: its scores are no plain values ({error})") from None


def main_score(record: Record) -> float | None:
    """The score that tells better from worse, if the metric names one."""
    value = record["result"].get(record["main"])
    return float(value) if isinstance(value, int | float) else None


def numbers(record: Record) -> dict[str, float]:
    """The floats of a record's result: its scores, the rest being how they were made."""
    return {key: each for key, each in record["result"].items() if isinstance(each, float)}


def read_scores(path: Path) -> list[Record]:
    """All records in ``scores.jsonl``, oldest first. Raises RunError if it is damaged."""
    if not path.is_file():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise RunError(f"{path} can't be read: {error}") from None


def keep_scores(path: Path, records: Sequence[Record]) -> None:
    """Add ``records`` to ``scores.jsonl``; a judgement made again replaces the earlier one.

    Raises RunError if the disk refuses.
    """
    kept = {_identity(each): each for each in [*read_scores(path), *records]}
    lines = "".join(json.dumps(each) + "\n" for each in kept.values())
    try:
        atomic.write_text(path, lines)
    except OSError as error:
        raise RunError(f"{path} can't be written: {error.strerror}") from None


def _identity(record: Record) -> str:
    keys = ("metric", "version", "options", "step", "weights", "seed")
    return json.dumps([record[key] for key in keys])
