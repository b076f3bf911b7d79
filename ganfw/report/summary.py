"""What a report tells of a run, read from its folder alone. Nothing is trained or judged here."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from ..runs.records import Row, read_log, read_options, read_record, read_warnings
from ..storage import run_dir
from ..storage.run_dir import RunDir
from . import status
from .images import Picture, read_pictures
from .score_series import ScoreSeries, read_score_series

MOST_POINTS = 2000
"""Of a curve."""


@dataclass(frozen=True)
class Losses:
    """Of the steps that are shown; None where a loss was not finite."""

    steps: list[int]
    discriminator: list[float | None]
    generator: list[float | None]


@dataclass(frozen=True)
class Summary:
    """A run, for a reader. ``state`` is a word of `status.state`, ``standing`` its sentence;
    ``best`` is the step of the checkpoint that was judged best."""

    name: str
    path: str
    state: str
    standing: str
    facts: Mapping[str, str]
    losses: Losses
    judged: list[ScoreSeries]
    best: int | None
    pictures: list[Picture]
    options: Mapping[str, str]
    origins: Mapping[str, str]
    command: str
    provenance: Mapping[str, str]
    warnings: list[str]

    @property
    def headlines(self) -> list[ScoreSeries]:
        """Each main score as it was made last; made otherwise it stands among `judged` alone."""
        found = {
            (judged.metric, judged.name): judged
            for judged in sorted(self.judged, key=lambda each: each.steps[-1])
            if judged.is_main and not judged.is_part
        }
        return list(found.values())

    def set_by(self, path: str) -> str:
        """The layer that set an option, or the whole that the option is a part of."""
        while path:
            if path in self.origins:
                return self.origins[path]
            path = path.rpartition(".")[0]
        return "default"


def read(path: Path) -> Summary:
    """The run in ``path``. Raises RunError for what is no run, or a damaged one."""
    folder = run_dir.open_run(path)
    record, rows = read_record(folder), read_log(folder)
    state, standing = status.state(record, rows, str(path), status.is_training(folder))
    origins = record.get("origins")
    return Summary(
        name=folder.path.resolve().name,
        path=str(path),
        state=state,
        standing=standing,
        facts=status.facts(record, rows),
        losses=_losses(rows),
        judged=read_score_series(folder),
        best=_best(folder),
        pictures=read_pictures(folder),
        options=read_options(folder),
        origins=origins if isinstance(origins, dict) else {},
        command=shlex.join(map(str, record["argv"])),
        provenance=_provenance(record),
        warnings=[*status.alarms(record, rows), *read_warnings(folder)],
    )


def named_apart(runs: list[Summary]) -> list[Summary]:
    """The same runs, called by their paths where their names alone would not tell them apart."""
    names = [run.name for run in runs]
    if len(set(names)) == len(names):
        return runs
    return [replace(run, name=run.path) for run in runs]


def differences(runs: Sequence[Summary]) -> dict[str, list[str]]:
    """The options that are not the same in all of ``runs``, with each one's value; first those
    that all have."""
    paths = list(dict.fromkeys(path for run in runs for path in run.options))
    table = {path: [run.options.get(path, "–") for run in runs] for path in paths}
    differing = [path for path, values in table.items() if len(set(values)) > 1]
    return {path: table[path] for path in sorted(differing, key=lambda each: "–" in table[each])}


def _losses(rows: Sequence[Row]) -> Losses:
    """Means over so many steps that the curve is short enough: to leave steps out would draw
    losses that take part in every n-th step alone as waves."""
    size = max(-(-len(rows) // MOST_POINTS), 1)
    groups = [rows[start : start + size] for start in range(0, len(rows), size)]
    return Losses(
        [group[-1].step for group in groups],
        [_mean([row.loss_D for row in group]) for group in groups],
        [_mean([row.loss_G for row in group]) for group in groups],
    )


def _mean(values: Sequence[float | None]) -> float | None:
    """Of the finite ones, if there are any."""
    finite = [value for value in values if value is not None]
    return fmean(finite) if finite else None


def _best(folder: RunDir) -> int | None:
    try:
        return int((folder.checkpoints / "best").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _provenance(record: Mapping[str, Any]) -> dict[str, str]:
    data, machine = record["data"], record["machine"]
    resumed = [_resumption(each) for each in record["resumed"] if isinstance(each, dict)]
    return {
        "Started": record["started"],
        "Resumed": "; ".join(resumed) or "never",
        "Seed": str(record["seed"]),
        "Data's fingerprint": data["fingerprint"],
        "Platform": f"{machine['platform']}, Python {machine['python']}",
        "Processes": str(machine.get("processes", 1)),
        "Versions": _versions(record["versions"]),
    }


def _resumption(entry: Mapping[str, Any]) -> str:
    versions = entry.get("versions")
    changed = f", with {_versions(versions)}" if isinstance(versions, dict) and versions else ""
    return f"after step {entry.get('from_step')}{changed}"


def _versions(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())
