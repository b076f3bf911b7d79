"""``ganfw list``: every component there is."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path

import click

from ..registry.component import SLOT_OF
from ..registry.registry import Registered
from .options import find_plugins, json_option, plugin_option
from .table import columns


@click.command("list")
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@plugin_option
@json_option
def list_command(patterns: tuple[str, ...], plugins: tuple[Path, ...], as_json: bool) -> None:
    """List components, and where they come from.

    PATTERN is a kind, a name, KIND/NAME or PACKAGE/NAME, with * and ?: 'disc*/*sn*'.
    """
    registry = find_plugins(plugins)
    found = [registered for registered in registry.components() if _matches(registered, patterns)]
    if as_json:
        click.echo(json.dumps(list(map(component_record, found)), indent=2))
    elif found:
        head = ("KIND", "NAME", "FROM", "SUMMARY")
        names = map(registry.shortest_name, found)
        click.echo(columns([head, *map(_row, found, names)]))
    else:
        click.echo(f"Nothing matches {' '.join(patterns)}.", err=True)


def _matches(registered: Registered, patterns: tuple[str, ...]) -> bool:
    kind, name = registered.component.kind, registered.name
    slot = SLOT_OF.get(kind, kind)
    words = {kind, slot, name, f"{kind}/{name}", f"{slot}/{name}"}
    words |= {registered.source.name, registered.canonical}
    return not patterns or any(fnmatchcase(word, pattern) for pattern in patterns for word in words)


def _row(registered: Registered, name: str) -> tuple[str, str, str, str]:
    component = registered.component
    return component.kind, name, str(registered.source), component.summary


def component_record(registered: Registered) -> dict[str, object]:
    """A component as JSON values."""
    component, source = registered.component, registered.source
    return {
        "kind": component.kind,
        "name": component.name,
        "canonical": registered.canonical,
        "source": source.kind,
        "distribution": source.name if source.kind == "package" else None,
        "distribution_version": source.version if source.kind == "package" else None,
        "file": None if source.file is None else str(source.file.path),
        "version": component.version,
        "summary": component.summary,
        "tags": list(component.tags),
        "suggests": dict(component.suggests),
    }
