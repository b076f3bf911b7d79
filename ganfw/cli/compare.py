"""``ganfw compare``: what differs between runs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..errors import UsageError
from ..report.comparison import compare
from .options import json_option
from .table import columns


@click.command("compare")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@json_option
def compare_command(runs: tuple[Path, ...], as_json: bool) -> None:
    """Show what differs between runs: configuration, versions, machine, data, outcome, scores.

    \b
      ganfw compare runs/0001-dcgan-sprites runs/0002-dcgan-sprites
    """
    if len({run.resolve() for run in runs}) < max(len(runs), 2):
        raise UsageError("compare takes two runs or more, each named once")
    found = compare(runs)
    if as_json:
        record = {name: dict(zip(map(str, runs), row, strict=True)) for name, row in found.items()}
        click.echo(json.dumps(record, indent=2))
    elif found:
        head = ("", *(run.resolve().name for run in runs))
        click.echo(columns([head, *((name, *row) for name, row in found.items())]))
    else:
        click.echo("Nothing differs.")
