"""``ganfw evaluate``: a finished run, judged by metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import checkpoint, rundir
from .carried import take_up_plugin_files
from .config import Filling, resolve
from .data.decode import decode
from .device import choose_device
from .errors import RunError, ShapesError, UsageError
from .interfaces import Dataset
from .judge import Judge, Made, Record, keep_scores
from .layers import Layer
from .nearest import SAMPLES, nearest_picture, novelty
from .preparing import Reporter
from .registry import Registry
from .resuming import check_format, check_same_data, saved_layer
from .sampler import Sampler, find_generator
from .settings import MetricKeys

if TYPE_CHECKING:
    from PIL import Image

DEFAULT_TAG = "default"
"""Metrics with this tag judge a run that is evaluated without naming any."""


@dataclass(frozen=True)
class Asked:
    """Which metrics, with what options, on which latents and device."""

    metrics: Sequence[str]
    settings: Layer
    seed: int = 0
    device: str = "auto"
    nearest: bool = False


@dataclass(frozen=True)
class Evaluated:
    """The scores of a run, and the picture that was asked for with how new its samples are."""

    records: list[Record]
    nearest: Image.Image | None = None
    novelty: float | None = None


def evaluate(registry: Registry, path: Path, asked: Asked, reporter: Reporter) -> Evaluated:
    """Judge the generator of the run in ``path``, its EMA one if there is one, and keep the scores
    in the run's ``scores.jsonl``. Raises GanfwError."""
    folder = rundir.open_run(path)
    record = folder.read_provenance()
    check_format(record, path)
    take_up_plugin_files(registry, folder, record, reporter.say)
    names = asked.metrics or _defaults(registry)
    chosen = {name.rpartition("/")[2]: {"use": name} for name in names}
    layer = Layer("evaluate", {"metric": chosen}, frozenset({"metric"}))
    config = resolve(registry, [saved_layer(folder), layer, asked.settings])
    device = choose_device(asked.device)
    sampler = Sampler(find_generator(path), registry)
    step = checkpoint.last_step(folder.checkpoints)
    if step is None:
        raise RunError(f"{path} has saved no checkpoint yet, so there is nothing to judge")
    dataset: Dataset = config.data.registered.load()(config.data.options)
    dataset.prepare(reporter.say)
    samples = decode(dataset, config.data.identity, reporter.say, reporter.decoding)
    check_same_data(dataset.fingerprint(), len(samples), record["data"], path)
    judge = Judge(config.metrics, dataset, config.data, samples, sampler.shapes)
    made = Made(step, sampler.folder.name, asked.seed)
    drawn = judge.drawn(sampler.network.to(device), asked.seed)

    def score(filling: Filling[MetricKeys]) -> Record:
        return judge.score(filling, drawn, made)

    records = _score_all(config.metrics, score, skip_unfit=not asked.metrics)
    keep_scores(folder.scores, records)
    if not asked.nearest:
        return Evaluated(records)
    if not sampler.shapes.is_picture:
        raise ShapesError(f"nearest real samples can be drawn of pictures, not of {sampler.shapes}")
    made_up = drawn.reader()(256)
    value_range = sampler.shapes.value_range or (0.0, 1.0)
    picture = nearest_picture(made_up[:SAMPLES], judge.real, value_range)
    return Evaluated(records, picture, novelty(made_up, judge.real))


def _score_all(
    metrics: Sequence[Filling[MetricKeys]],
    score: Callable[[Filling[MetricKeys]], Record],
    skip_unfit: bool,
) -> list[Record]:
    records = []
    for filling in metrics:
        try:
            records.append(score(filling))
        except ShapesError:
            if not skip_unfit:
                raise
    if not records:
        raise UsageError("no metric by default fits this data: name one with --metric")
    return records


def _defaults(registry: Registry) -> list[str]:
    found = registry.components("metric")
    return [each.name for each in found if DEFAULT_TAG in each.component.tags]
