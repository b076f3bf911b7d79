"""Scores as a report shows them: those that were made alike are one score, step after step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..runs.records import damage_named
from ..runs.scores import Record, findings, read_scores
from ..storage.run_dir import RunDir

_OWN_SEED = "metric's seed"
_HASH = 8  # characters that tell fingerprints apart well enough for a reader


@dataclass(frozen=True)
class ScoreSeries:
    """One score of a run, over the steps at which it was made in the same way.

    ``making`` is what tells it from the same metric made otherwise (options, seed, weights, …);
    ``facts`` is what else is known of its newest value.
    """

    metric: str
    name: str
    is_main: bool
    better: str
    making: Mapping[str, str]
    facts: Mapping[str, str]
    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    @property
    def is_part(self) -> bool:
        """Of one category, say: one of many that a metric gives together."""
        return "/" in self.name

    @property
    def arrow(self) -> str:
        """↓ where less is better, ↑ where more is, nothing where that isn't known."""
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
    """Every score of the run: the metrics' main ones first, and what was made last at the end of
    its kind. Raises RunError for damaged records."""
    records = read_scores(folder.scores)
    with damage_named(folder.scores):
        found: dict[str, ScoreSeries] = {}
        for record in sorted(records, key=lambda each: int(each["step"])):
            _add(found, record)
    return sorted(found.values(), key=lambda each: (not each.is_main, each.is_part))


def _add(found: dict[str, ScoreSeries], record: Record) -> None:
    making, facts = _making(record), _facts(record)
    for name, value in findings(record).items():
        decides = name == record["main"]
        better = ("lower" if record["lower_is_better"] else "higher") if decides else ""
        before = found.pop(_key(record, name, making), None)
        found[_key(record, name, making)] = ScoreSeries(
            record["metric"],
            name,
            decides or not record["main"],
            better,
            making,
            facts,
            [*(before.steps if before else []), int(record["step"])],
            [*(before.values if before else []), float(value)],
        )


def _key(record: Record, name: str, making: Mapping[str, str]) -> str:
    return json.dumps([record["metric"], name, making])


def _making(record: Record) -> dict[str, str]:
    options = record["options"].items()
    return {
        "weights": record["weights"],
        "latents' seed": str(record["seed"]),
        **{_OWN_SEED if name == "seed" else name: str(value) for name, value in options},
        "metric": f"{record['release']}, version {record['version']}",
        "data": record["data"]["fingerprint"][:_HASH],
    }


def _facts(record: Record) -> dict[str, str]:
    told = {*findings(record), *record["options"], "metric_seed"}
    rest = {
        name.replace("_", " "): _plain(value)
        for name, value in record["result"].items()
        if name not in told and not isinstance(value, Mapping)
    }
    return {**rest, "split": str(record["data"].get("split", "not told"))}


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def told_apart(makings: Sequence[Mapping[str, str]]) -> list[str]:
    """For each of ``makings``, in words, what is not the same in all of them; "" for one alone."""
    names = list(dict.fromkeys(name for making in makings for name in making))
    differing = [name for name in names if len({making.get(name) for making in makings}) > 1]
    return [
        ", ".join(f"{name} {making[name]}" for name in differing if name in making)
        for making in makings
    ]
