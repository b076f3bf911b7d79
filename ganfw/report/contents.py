"""What a report tells of a run, read from its folder alone. Nothing is trained or judged here."""

from __future__ import annotations

import base64
import json
import math
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import rundir
from ..errors import RunError
from ..judge import Record, main_score, numbers, read_scores
from ..rundir import RunDir

MOST_POINTS, MOST_PICTURES = 2000, 60
"""Of a curve, and of the pictures that the slider walks through: both are thinned out evenly."""

Curve = dict[str, list[float | None]]


@dataclass(frozen=True)
class Picture:
    """A picture of samples as of ``step``, ready for an ``img``."""

    step: int
    source: str


@dataclass(frozen=True)
class Contents:
    """A run, for a reader."""

    name: str
    path: str
    outcome: dict[str, str]
    losses: Curve
    scores: dict[str, Curve]
    last_scores: list[dict[str, str]]
    pictures: list[Picture]
    options: dict[str, str]
    origins: dict[str, str]
    provenance: dict[str, str]
    warnings: list[str]


def read(path: Path) -> Contents:
    """The run in ``path``. Raises RunError for what is no run, or a damaged one."""
    folder = rundir.open_run(path)
    record = folder.read_provenance()
    rows = _rows(folder)
    scores = read_scores(folder.scores)
    return Contents(
        name=folder.path.resolve().name,
        path=str(path),
        outcome=_outcome(rows, record),
        losses=_losses(rows),
        scores=_score_curves(scores),
        last_scores=_last(scores),
        pictures=_pictures(folder),
        options=_options(folder),
        origins=record.get("origins", {}),
        provenance=_provenance(record),
        warnings=_warnings(folder, record),
    )


def named_apart(runs: list[Contents]) -> list[Contents]:
    """The same runs, called by their paths where their names alone would not tell them apart."""
    names = [run.name for run in runs]
    if len(set(names)) == len(names):
        return runs
    return [replace(run, name=run.path) for run in runs]


def differences(runs: list[Contents]) -> dict[str, list[str]]:
    """The options that are not the same in all of ``runs``, with each one's value."""
    paths = list(dict.fromkeys(path for run in runs for path in run.options))
    table = {path: [run.options.get(path, "–") for run in runs] for path in paths}
    return {path: values for path, values in table.items() if len(set(values)) > 1}


def thinned(length: int, most: int) -> list[int]:
    """At most ``most`` of the indices below ``length``, evenly spread, both ends among them."""
    if length <= most:
        return list(range(length))
    return sorted({round(i * (length - 1) / (most - 1)) for i in range(most)})


def _rows(folder: RunDir) -> list[dict[str, Any]]:
    if not folder.metrics.is_file():
        return []
    try:
        lines = folder.metrics.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        raise RunError(f"{folder.metrics} can't be read: {error}") from None


def _losses(rows: list[dict[str, Any]]) -> Curve:
    chosen = [rows[i] for i in thinned(len(rows), MOST_POINTS)]
    names = ("step", "loss_D", "loss_G")
    return {name: [_number(row[name]) for row in chosen] for name in names}


def _number(value: Any) -> float | None:
    """None for nan and infinity, which the log writes as text and JSON can't hold."""
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def _outcome(rows: list[dict[str, Any]], record: dict[str, Any]) -> dict[str, str]:
    found = {"data": f"{record['data']['trained_on']}, {record['data']['examples']} samples"}
    if rows:
        last = rows[-1]
        seen = sum(row["examples"] for row in rows)
        seconds = sum(row["examples"] / max(row["examples_per_second"], 1e-9) for row in rows)
        recent = rows[-min(len(rows), 100) :]
        found |= {
            "steps": str(last["step"]),
            "epochs": str(last["epoch"]),
            "loss of D": _mean(recent, "loss_D"),
            "loss of G": _mean(recent, "loss_G"),
            "time in steps": _duration(seconds),
            "speed": f"{seen / max(seconds, 1e-9):.0f} examples/s",
        }
    return found | {"device": f"{record['machine']['device']} ({record['machine']['device_name']})"}


def _mean(rows: list[dict[str, Any]], name: str) -> str:
    values = [value for row in rows if (value := _number(row[name])) is not None]
    return f"{sum(values) / len(values):.3f}" if values else "not finite"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _score_curves(records: list[Record]) -> dict[str, Curve]:
    """By main score: its values over the steps."""
    curves: dict[str, Curve] = {}
    for record in sorted(records, key=lambda each: int(each["step"])):
        value = main_score(record)
        if value is not None:
            curve = curves.setdefault(record["main"], {"step": [], "score": []})
            curve["step"].append(record["step"])
            curve["score"].append(value)
    return curves


def _last(records: list[Record]) -> list[dict[str, str]]:
    """Each metric's newest record, a line for each of its scores."""
    newest = {each["metric"]: each for each in sorted(records, key=lambda each: int(each["step"]))}
    return [
        {
            "metric": f"{metric} ({record['release']}, version {record['version']})",
            "score": name,
            "value": f"{value:.5g}",
            "making": _making(record),
        }
        for metric, record in newest.items()
        for name, value in numbers(record).items()
    ]


def _making(record: Record) -> str:
    made = {key: each for key, each in record["result"].items() if not isinstance(each, float)}
    facts = {"step": record["step"], "weights": record["weights"], "seed": record["seed"], **made}
    return ", ".join(f"{key} {each}" for key, each in facts.items())


def _pictures(folder: RunDir) -> list[Picture]:
    found = sorted(folder.samples.glob("*.png"), key=lambda each: int(each.stem))
    chosen = [found[i] for i in thinned(len(found), MOST_PICTURES)]
    return [Picture(int(each.stem), _embedded(each)) for each in chosen]


def _embedded(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"


def _options(folder: RunDir) -> dict[str, str]:
    """The resolved run, every value by its path."""
    try:
        tree = tomllib.loads(folder.config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{folder.config} can't be read: {error}") from None
    return dict(_flat("", tree))


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        parts = [(f"{prefix}.{key}" if prefix else key, each) for key, each in value.items()]
    elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        parts = [(f"{prefix}.{each['use'].rpartition('/')[2]}", each) for each in value]
    else:
        return [(prefix, json.dumps(value, ensure_ascii=False).strip('"'))]
    return [pair for path, each in parts for pair in _flat(path, each)]


def _provenance(record: dict[str, Any]) -> dict[str, str]:
    data, machine = record["data"], record["machine"]
    return {
        "command": " ".join(record["argv"]),
        "started": record["started"],
        "seed": str(record["seed"]),
        "data's fingerprint": data["fingerprint"],
        "platform": f"{machine['platform']}, Python {machine['python']}",
        "processes": str(machine.get("processes", 1)),
        "versions": ", ".join(f"{name} {found}" for name, found in record["versions"].items()),
        "resumed": ", ".join(f"after step {each['from_step']}" for each in record["resumed"])
        or "never",
    }


def _warnings(folder: RunDir, record: dict[str, Any]) -> list[str]:
    found = []
    data = record["data"]
    if data["asked"] != data["trained_on"]:
        found.append(f"Trained on '{data['trained_on']}' in place of '{data['asked']}'.")
    try:
        lines = (folder.path / "warnings.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    found += [f"Step {each['step']}: {each['text']}" for each in map(json.loads, lines)]
    return found
