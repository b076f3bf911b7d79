"""What differs between runs: config, versions, machine, data, outcome, scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..runs.options import differences, read_options
from ..runs.records import Provenance, ScoreRecord, read_metrics, read_provenance
from ..runs.scores import read_scores
from ..storage.run_dir import open_run
from .status import is_training, status


def compare(paths: Sequence[Path]) -> dict[str, list[str]]:
    """What is not the same in all of the runs in ``paths``, with each run's value, by name. Raises
    RunError for what is no run."""
    return differences([_facts(path) for path in paths])


def _facts(path: Path) -> dict[str, str]:
    folder = open_run(path)
    provenance, rows = read_provenance(folder), read_metrics(folder)
    ended = status(provenance, rows, str(path), is_training(folder))
    step = provenance.ended.step if provenance.ended else rows[-1].step if rows else 0
    losses = (
        {"loss_D": f"{rows[-1].loss_D:.4g}", "loss_G": f"{rows[-1].loss_G:.4g}"} if rows else {}
    )
    return {
        **read_options(folder),
        **_surroundings(provenance),
        "ended": ended.state,
        "step": str(step),
        **losses,
        **_scores(read_scores(folder)),
    }


def _surroundings(provenance: Provenance) -> dict[str, str]:
    data, machine = provenance.data, provenance.machine
    source = provenance.started_from
    versions = {f"version of {name}": found for name, found in provenance.versions.items()}
    return {
        "data": data.trained_on,
        "data's samples": str(data.examples),
        "data's fingerprint": data.fingerprint[:12],
        **({"started from": f"{source.run}, step {source.step}"} if source else {}),
        **versions,
        "device": f"{machine.device} ({machine.device_name})",
        "threads": str(machine.threads),
        "processes": str(machine.processes),
        "platform": machine.platform,
        "python": machine.python,
    }


def _scores(records: Sequence[ScoreRecord]) -> dict[str, str]:
    """Every score, as of its newest."""
    return {
        f"score {record.metric} {name}": f"{value:.5g}"
        for record in records
        for name, value in record.scores.items()
    }
