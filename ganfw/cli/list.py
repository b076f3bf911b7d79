"""``ganfw list``: every component there is."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

import click

from ..registry import Registered
from .plugins import find_plugins
from .table import columns


@click.command("list")
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def list_command(patterns: tuple[str, ...], as_json: bool) -> None:
    """List components; PATTERN is a kind, a name, or KIND/NAME, with * and ?."""
    found = [each for each in find_plugins().components() if _wanted(each, patterns)]
    if as_json:
        click.echo(json.dumps([record(each) for each in found], indent=2))
    elif found:
        head = ("KIND", "NAME", "FROM", "SUMMARY")
        click.echo(columns([head, *map(_row, found)]))
    else:
        click.echo(f"Nothing matches {' '.join(patterns)}.", err=True)


def _wanted(registered: Registered, patterns: tuple[str, ...]) -> bool:
    kind, name = registered.component.kind, registered.name
    words = (kind, name, f"{kind}/{name}")
    return not patterns or any(fnmatchcase(word, each) for each in patterns for word in words)


def _row(registered: Registered) -> tuple[str, str, str, str]:
    component = registered.component
    source = f"{registered.distribution} {registered.version}"
    return component.kind, component.name, source, component.summary


def record(registered: Registered) -> dict[str, object]:
    """A component as JSON values."""
    component = registered.component
    return {
        "kind": component.kind,
        "name": component.name,
        "canonical": registered.canonical,
        "distribution": registered.distribution,
        "distribution_version": registered.version,
        "version": component.version,
        "summary": component.summary,
        "tags": list(component.tags),
        "suggests": dict(component.suggests),
    }
