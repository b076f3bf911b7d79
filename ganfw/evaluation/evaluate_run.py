"""``ganfw evaluate``: a finished run, judged by metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..config.layers import Layer
from ..config.run_config import RunConfig, resolve
from ..data.decoded_cache import decode
from ..data.loader import Samples
from ..errors import RunError, ShapesError, UsageError
from ..interfaces.dataset import Dataset
from ..registry.registry import Registry
from ..runs.network import find_generator
from ..runs.plugin_copies import register_plugin_copies
from ..runs.saved_run import check_format, check_same_data, saved_layer
from ..runs.scores import Record, check_plain, keep_scores, read_scores
from ..runtime.device import choose_device
from ..runtime.logs import log
from ..runtime.random_state import check_seed
from ..sampling.sampler import Sampler
from ..storage import run_dir
from ..storage.checkpoint import CheckpointStore
from ..storage.run_dir import RunDir
from .evaluator import Evaluator, SampleOrigin, leaving_out
from .memorization import SAMPLES, nearest_picture, novelty
from .sample_pool import SamplePool

if TYPE_CHECKING:
    from PIL import Image

DEFAULT_TAG = "default"
"""Metrics with this tag judge a run that is evaluated without naming any."""

_MOST_REAL, _NEW = 50_000, 256
"""Real samples among which the nearest are sought, and generated ones whose novelty is told."""

_NOVELTY = {
    "metric": "novelty",
    "release": f"ganfw {__version__}",
    "version": 1,
    "options": {},
    "main": "",
    "lower_is_better": False,
}
"""What heads the record of the samples' novelty: the engine judges it, and no component."""

_DATA = "data"


@dataclass(frozen=True)
class Asked:
    """Which metrics, with what options, on which latents and device; of the best generator that
    was judged while training, or the last one."""

    metrics: Sequence[str]
    settings: Layer
    seed: int = 0
    device: str = "auto"
    nearest: bool = False
    best: bool = False


@dataclass(frozen=True)
class Evaluated:
    """The scores of a run, and the picture that was asked for with how new its samples are."""

    records: list[Record]
    nearest: Image.Image | None = None
    novelty: float | None = None


def evaluate(registry: Registry, path: Path, asked: Asked) -> Evaluated:
    """Judge the generator of the run in ``path``, its EMA one if there is one, and keep the scores
    in the run's ``scores.jsonl``, also those made before something failed. Raises GanfwError."""
    _check_settings(asked.settings)
    check_seed(asked.seed)
    folder = run_dir.open_run(path)
    record = folder.read_provenance()
    check_format(record, path)
    register_plugin_copies(registry, folder, record)
    config = _config(registry, folder, asked)
    device = choose_device(asked.device)
    sampler = _sampler(registry, path, asked)
    made = SampleOrigin(_step(sampler, folder), sampler.folder.name, asked.seed)
    # Now, as scores can't be added to a damaged file.
    read_scores(folder.scores)
    dataset, samples = _data(config)
    if _DATA not in asked.settings.values:
        check_same_data(dataset.fingerprint(), len(samples), record["data"], path)
    leave_out = None if asked.metrics else log.info
    keep = _MOST_REAL if asked.nearest else 0
    judge = Evaluator(
        config.metrics, dataset, config.data, samples, sampler.shapes, leave_out, keep
    )
    drawn = judge.drawn(sampler.network.to(device), asked.seed)
    records: list[Record] = []
    try:
        _score_all(judge, drawn, made, records, leave_out)
        return _with_nearest(judge, drawn, made, records) if asked.nearest else Evaluated(records)
    finally:
        keep_scores(folder.scores, records)


def _check_settings(settings: Layer) -> None:
    """Raises UsageError for what can't be set any more, the run being what it is."""
    for section, values in settings.values.items():
        free = {"metric": set(values), _DATA: {"split"}}.get(section, set())
        for key in values:
            if key not in free:
                raise UsageError(
                    f"-s {section}.{key}: evaluate takes metric.NAME.OPTION, and data.split where "
                    "the data has one; all else is the run's own"
                )


def _config(registry: Registry, folder: RunDir, asked: Asked) -> RunConfig:
    """The run as it was saved, judged by the metrics that are asked for."""
    names = asked.metrics or _defaults(registry)
    chosen = {name.rpartition("/")[2]: {"use": name} for name in names}
    layer = Layer("evaluate", {"metric": chosen}, frozenset({"metric"}))
    return resolve(registry, [saved_layer(folder), layer, asked.settings])


def _defaults(registry: Registry) -> list[str]:
    found = registry.components("metric")
    return [each.name for each in found if DEFAULT_TAG in each.component.tags]


def _sampler(registry: Registry, path: Path, asked: Asked) -> Sampler:
    sampler = Sampler(find_generator(path, asked.best), registry)
    if asked.nearest and not sampler.shapes.is_picture:
        raise ShapesError(f"nearest real samples can be drawn of pictures, not of {sampler.shapes}")
    return sampler


def _step(sampler: Sampler, folder: RunDir) -> int:
    """The step that the weights are of."""
    step: int | None = sampler.card.get("step")
    if step is None:
        # Exported by a ganfw that did not write it: with the last checkpoint.
        step = CheckpointStore(folder.checkpoints).last
    if step is None:
        raise RunError(f"{folder.path} has saved no checkpoint yet, so there is nothing to judge")
    return step


def _data(config: RunConfig) -> tuple[Dataset, Samples]:
    dataset: Dataset = config.data.registered.load()(config.data.options)
    dataset.prepare()
    return dataset, decode(dataset, config.data.identity)


def _score_all(
    judge: Evaluator,
    drawn: SamplePool,
    made: SampleOrigin,
    records: list[Record],
    leave_out: Callable[[str], None] | None,
) -> None:
    """Add each metric's record to ``records`` as soon as there is one. Without ``leave_out`` a
    metric that does not fit is an error."""
    for component in judge.metrics:
        with leaving_out(leave_out):
            records.append(judge.score(component, drawn, made))
    if not records:
        raise UsageError("no metric by default fits this data: name one with --metric")


def _with_nearest(
    judge: Evaluator, drawn: SamplePool, made: SampleOrigin, records: list[Record]
) -> Evaluated:
    """Also a picture of samples beside the nearest real ones, and a record of how new they are.
    Raises PluginError where that can't be told."""
    began = time.perf_counter()
    generated = drawn.reader()(_NEW)
    picture = nearest_picture(generated[:SAMPLES], judge.real, judge.shapes.value_range or (0, 1))
    score = novelty(generated, judge.real)
    counts = {"real_samples": len(judge.real), "generated_samples": len(generated)}
    result = {"novelty": score, **counts}
    check_plain(result, "novelty")
    records.append(
        {
            **_NOVELTY,
            "result": result,
            **judge.stamp(made, len(judge.real)),
            "seconds": round(time.perf_counter() - began, 2),
        }
    )
    return Evaluated(records, picture, score)
