"""``ganfw evaluate``: scores of a finished run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.layers import Layer, Tree, add_typed
from ..config.run_config import RunConfig, resolve
from ..data.decoded_cache import decode
from ..data.loader import Samples
from ..errors import ShapesError, UsageError
from ..interfaces.dataset import Dataset
from ..registry.registry import Registry
from ..runs.network import find_generator
from ..runs.plugin_copies import register_plugin_copies
from ..runs.records import ScoreRecord, read_provenance
from ..runs.saved_run import check_not_moved, check_same_data, moved, saved_layer
from ..runs.scores import keep_scores, read_scores
from ..runtime.device import choose_device
from ..runtime.logs import log
from ..runtime.precision import choose_precision
from ..runtime.random_state import check_seed
from ..sampling.sampler import Sampler
from ..storage import run_dir
from ..storage.run_dir import RunDir
from .evaluator import Evaluator, SampleOrigin, leaving_out
from .sample_pool import SamplePool

if TYPE_CHECKING:
    from PIL import Image

DEFAULT_TAG = "default"
"""Metrics with this tag are used where none is named."""

_MOST_REAL = 50_000
"""Real samples among which the nearest are searched."""

_DATA, _SPLIT = "data", "split"


@dataclass(frozen=True)
class EvaluationRequest:
    """Which metrics, with what options, latents and device; of the last generator, or the one that
    was best while training; with or without a picture of the nearest real samples; by the data at
    its place ``data``, if it was moved."""

    metrics: Sequence[str]
    settings: Layer
    seed: int = 0
    device: str = "auto"
    nearest: bool = False
    best: bool = False
    data: Path | None = None


@dataclass(frozen=True)
class Evaluation:
    """The scores of a run; where it was asked for, the picture, and how new its samples are."""

    records: list[ScoreRecord]
    nearest: Image.Image | None = None
    novelty: float | None = None


def evaluate(registry: Registry, path: Path, request: EvaluationRequest) -> Evaluation:
    """Score the generator of the run in ``path``, its EMA one if there is one, and add the scores
    to the run's ``scores.jsonl``: also those computed before something failed. Raises GanfwError.
    """
    _check_settings(request.settings)
    check_seed(request.seed)
    folder = run_dir.open_run(path)
    provenance = read_provenance(folder)
    register_plugin_copies(registry, folder, provenance)
    config = _config(registry, folder, request)
    device = choose_device(request.device)
    # By default torch lets GPUs round to TF32 in convolutions.
    choose_precision("float32", device)
    sampler = _sampler(registry, path, request)
    origin = SampleOrigin(sampler.card.step, sampler.folder.name, request.seed)
    # Now, as scores can't be added to a damaged file.
    read_scores(folder)
    dataset, samples = _data(config)
    if _SPLIT not in request.settings.values.get(_DATA, {}):
        check_same_data(dataset.fingerprint(), len(samples), provenance.data, path)
    leave_out = None if request.metrics else log.info
    keep = _MOST_REAL if request.nearest else 0
    evaluator = Evaluator(
        config.metrics, dataset, config.data, samples, sampler.shapes, leave_out, keep
    )
    pool = evaluator.pool(sampler.network.to(device), request.seed)
    records: list[ScoreRecord] = []
    try:
        _score_all(evaluator, pool, origin, records, leave_out)
        if not request.nearest:
            return Evaluation(records)
        picture, record = evaluator.novelty(pool, origin)
        records.append(record)
        return Evaluation(records, picture, record.scores["novelty"])
    finally:
        keep_scores(folder, records)


def _check_settings(settings: Layer) -> None:
    """Raises UsageError for what can't be set any more, the run being what it is."""
    for section, values in settings.values.items():
        free = {"metric": set(values), _DATA: {_SPLIT, "root"}}.get(section, set())
        for key in values:
            if key not in free:
                raise UsageError(
                    f"-s {section}.{key}: evaluate takes metric.NAME.OPTION, data.split where the "
                    "data has one, and --data PATH where it was moved; all else is the run's own"
                )


def _config(registry: Registry, folder: RunDir, request: EvaluationRequest) -> RunConfig:
    """The run as it was saved, with the metrics that are asked for."""
    names = request.metrics or _defaults(registry)
    chosen: Tree = {}
    for name in dict.fromkeys(names):
        add_typed(chosen, "metric", name, {})
    layer = Layer("evaluate", {"metric": chosen}, frozenset({"metric"}))
    saved = saved_layer(folder)
    place = [] if request.data is None else [moved(saved, request.data, folder.path, layer.source)]
    if not place:
        check_not_moved(saved, request.settings, folder.path, "evaluate")
    return resolve(registry, [saved, layer, request.settings, *place])


def _defaults(registry: Registry) -> list[str]:
    metrics = registry.components("metric")
    return [metric.name for metric in metrics if DEFAULT_TAG in metric.component.tags]


def _sampler(registry: Registry, path: Path, request: EvaluationRequest) -> Sampler:
    sampler = Sampler(find_generator(path, request.best), registry)
    if request.nearest and not sampler.shapes.is_picture:
        raise ShapesError(f"nearest real samples can be drawn of pictures, not of {sampler.shapes}")
    return sampler


def _data(config: RunConfig) -> tuple[Dataset, Samples]:
    dataset: Dataset = config.data.registered.load()(config.data.options)
    dataset.prepare()
    return dataset, decode(dataset, config.data.identity)


def _score_all(
    evaluator: Evaluator,
    pool: SamplePool,
    origin: SampleOrigin,
    records: list[ScoreRecord],
    leave_out: Callable[[str], None] | None,
) -> None:
    """Add each metric's record to ``records`` as soon as there is one. Without ``leave_out`` a
    metric that does not fit is an error."""
    for component in evaluator.metrics:
        with leaving_out(leave_out):
            records.append(evaluator.score(component, pool, origin))
    if not records:
        raise UsageError("no metric by default fits this data: name one with --metric")
