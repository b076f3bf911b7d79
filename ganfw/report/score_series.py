"""Scores as a report shows them: those computed in the same way are one score, step after step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..runs.records import ScoreRecord
from ..runs.scores import read_scores
from ..storage.run_dir import RunDir

_METRIC_SEED = "metric's seed"
_HASH = 8  # characters that tell fingerprints apart well enough for a reader


@dataclass(frozen=True)
class ScoreSeries:
    """One score of a run, over the steps at which it was computed in the same way.

    ``provenance`` says in which way (options, seed, weights, …); ``facts`` is what else is known
    of the newest value. ``better`` is "lower", "higher", or "" where neither is.
    """

    metric: str
    name: str
    is_main: bool
    better: str
    provenance: Mapping[str, str]
    facts: Mapping[str, str]
    steps: list[int]
    values: list[float]

    @property
    def is_of_category(self) -> bool:
        """Whether it is of one category alone, such as a class of the data."""
        return "/" in self.name

    @property
    def arrow(self) -> str:
        """↓ where lower is better, ↑ where higher is, nothing where neither is."""
        return {"lower": "↓", "higher": "↑"}.get(self.better, "")

    @property
    def best(self) -> tuple[int, float] | None:
        """The step and the value that are best, where there is better and worse."""
        if not self.better:
            return None
        choose = min if self.better == "lower" else max
        value = choose(self.values)
        return self.steps[self.values.index(value)], value


def read_score_series(folder: RunDir) -> list[ScoreSeries]:
    """Every score of the run: the metrics' main ones first, then the other ones, then those of
    categories; what was computed last at the end of its kind. Raises RunError for a damaged file.
    """
    points: dict[str, list[tuple[ScoreRecord, str, float]]] = {}
    for record in sorted(read_scores(folder), key=lambda record: record.step):
        for name, value in record.scores.items():
            key = json.dumps([record.metric, name, _provenance(record)])
            points[key] = [*points.pop(key, []), (record, name, value)]
    found = [_series(group) for group in points.values()]
    return sorted(found, key=lambda series: (not series.is_main, series.is_of_category))


def difference_labels(provenances: Sequence[Mapping[str, str]]) -> list[str]:
    """For each of ``provenances``, what is not the same in all of them; "" for one alone."""
    names = dict.fromkeys(name for provenance in provenances for name in provenance)
    differing = [name for name in names if len({found.get(name) for found in provenances}) > 1]
    return [
        ", ".join(f"{name} {provenance[name]}" for name in differing if name in provenance)
        for provenance in provenances
    ]


def _series(points: Sequence[tuple[ScoreRecord, str, float]]) -> ScoreSeries:
    newest, name, _ = points[-1]
    decides = name == newest.main
    return ScoreSeries(
        metric=newest.metric,
        name=name,
        is_main=decides or not newest.main,
        better=newest.better if decides else "",
        provenance=_provenance(newest),
        facts=_facts(newest),
        steps=[record.step for record, _, _ in points],
        values=[float(value) for _, _, value in points],
    )


def _provenance(record: ScoreRecord) -> dict[str, str]:
    options = record.options.items()
    return {
        "weights": record.weights,
        "latents' seed": str(record.seed),
        **{_METRIC_SEED if name == "seed" else name: str(value) for name, value in options},
        "metric": f"{record.release}, version {record.version}",
        "data": record.data.fingerprint[:_HASH],
    }


def _facts(record: ScoreRecord) -> dict[str, str]:
    shown = {*record.scores, *record.options, "metric_seed"}
    rest = {
        name.replace("_", " "): _plain(value)
        for name, value in record.result.items()
        if name not in shown and not isinstance(value, dict)
    }
    return {**rest, "split": record.data.split}


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
