"""What a report shows of a run, read from its folder alone. Nothing is trained or scored here."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..runs.options import read_options
from ..runs.records import (
    MetricsRow,
    Provenance,
    Resumption,
    read_metrics,
    read_provenance,
    read_warnings,
)
from ..storage import run_dir
from ..storage.run_dir import RunDir
from .images import Picture, read_pictures
from .score_series import ScoreSeries, read_score_series
from .status import Status, facts, finite_mean, is_training, status, warnings

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
    """A run, for a reader; ``best`` is the step of the best checkpoint."""

    name: str
    path: str
    status: Status
    facts: Mapping[str, str]
    losses: Losses
    scores: list[ScoreSeries]
    best: int | None
    pictures: list[Picture]
    options: Mapping[str, str]
    origins: Mapping[str, str]
    command: str
    provenance: Mapping[str, str]
    warnings: list[str]

    @property
    def headlines(self) -> list[ScoreSeries]:
        """Each main score in the way that it was computed last; the others are in the table."""
        found = {
            (series.metric, series.name): series
            for series in sorted(self.scores, key=lambda series: series.steps[-1])
            if series.is_main and not series.is_of_category
        }
        return list(found.values())

    def set_by(self, path: str) -> str:
        """The layer that set an option, or the table that the option is in."""
        while path:
            if path in self.origins:
                return self.origins[path]
            path = path.rpartition(".")[0]
        return "default"


def read(path: Path) -> Summary:
    """The run in ``path``. Raises RunError for what is no run, or a damaged one."""
    folder = run_dir.open_run(path)
    provenance, rows = read_provenance(folder), read_metrics(folder)
    noticed = [f"Step {warning.step}: {warning.text}" for warning in read_warnings(folder)]
    return Summary(
        name=folder.path.resolve().name,
        path=str(path),
        status=status(provenance, rows, str(path), is_training(folder)),
        facts=facts(provenance, rows),
        losses=_losses(rows),
        scores=read_score_series(folder),
        best=_best(folder),
        pictures=read_pictures(folder),
        options=read_options(folder),
        origins=provenance.origins,
        command=shlex.join(provenance.argv),
        provenance=_shown(provenance),
        warnings=[*warnings(provenance, rows), *noticed],
    )


def named_apart(runs: list[Summary]) -> list[Summary]:
    """The same runs, called by their paths where two have the same name."""
    names = [run.name for run in runs]
    if len(set(names)) == len(names):
        return runs
    return [replace(run, name=run.path) for run in runs]


def _losses(rows: Sequence[MetricsRow]) -> Losses:
    """Means over so many steps that the curve is short enough. To leave steps out instead would
    show a loss that is part of every n-th step only as waves."""
    size = max(-(-len(rows) // MOST_POINTS), 1)
    groups = [rows[start : start + size] for start in range(0, len(rows), size)]
    return Losses(
        [group[-1].step for group in groups],
        [finite_mean(row.loss_D for row in group) for group in groups],
        [finite_mean(row.loss_G for row in group) for group in groups],
    )


def _best(folder: RunDir) -> int | None:
    try:
        return int((folder.checkpoints / "best").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _shown(provenance: Provenance) -> dict[str, str]:
    machine = provenance.machine
    return {
        "Started": provenance.started,
        "Resumed": "; ".join(map(_resumption, provenance.resumed)) or "never",
        "Seed": str(provenance.seed),
        "Data's fingerprint": provenance.data.fingerprint,
        "Platform": f"{machine.platform}, Python {machine.python}",
        "Processes": str(machine.processes),
        "Versions": _versions(provenance.versions),
    }


def _resumption(entry: Resumption) -> str:
    changed = f", with {_versions(entry.versions)}" if entry.versions else ""
    return f"after step {entry.from_step}{changed}"


def _versions(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())
