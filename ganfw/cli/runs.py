"""``ganfw runs``: the runs in a folder."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from ..report.listing import ListedRun, list_runs
from .options import json_option
from .table import columns, in_bytes


@click.command("runs")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("runs"))
@json_option
def runs_command(folder: Path, as_json: bool) -> None:
    """List the runs in FOLDER, by default runs: data, steps, scores, size on disk, how they ended.

    A score is the newest of its metric.
    """
    runs = list_runs(folder)
    if as_json:
        click.echo(json.dumps([asdict(run) for run in runs], indent=2))
    elif runs:
        head = ("RUN", "DATA", "STEP", "STATE", "SIZE", "SCORES")
        click.echo(columns([head, *map(_row, runs)]))
    else:
        click.echo(f"{folder} has no runs.", err=True)


def _row(run: ListedRun) -> tuple[str, ...]:
    scores = ", ".join(f"{name} {value:.4g}" for name, value in run.scores.items())
    step = f"{run.step}/{run.total_steps}" if run.total_steps else str(run.step)
    shown = run.problem if run.problem is not None else scores
    return run.path, run.data, step, run.state, in_bytes(run.size), shown
