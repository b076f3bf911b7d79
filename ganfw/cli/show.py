"""``ganfw show``: one component and what can be set on it."""

from __future__ import annotations

import json
from typing import Any

import click

from ..component import SLOT_OF
from .list import record
from .plugins import find_plugins
from .table import columns

_KIND_OF = {slot: kind for kind, slot in SLOT_OF.items()}


@click.command("show")
@click.argument("kind")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
def show_command(kind: str, name: str, as_json: bool) -> None:
    """Show a component: KIND is gen, disc, data, loss, callback, recipe, …"""
    from .. import fields
    from ..config import recipe_text

    registry = find_plugins()
    registered = registry.find(_KIND_OF.get(kind, kind), name)
    if registered.component.kind == "recipe":
        text = recipe_text(registered)
        click.echo(json.dumps({**record(registered), "toml": text}) if as_json else text.rstrip())
        return
    options = fields.describe(registered.load_options())
    if as_json:
        listed = [{**vars(each), "default": _plain(each.default)} for each in options]
        click.echo(json.dumps({**record(registered), "options": listed}, indent=2))
        return
    click.echo(f"{registered.label}, {registered.distribution} {registered.version}")
    click.echo(f"{registered.component.summary}\n")
    rows = [
        (each.name, each.type, _shown(each.default), each.range, each.description)
        for each in options
    ]
    head = ("OPTION", "TYPE", "DEFAULT", "RANGE", "DESCRIPTION")
    click.echo(columns([head, *rows]) if rows else "It has no options.")
    if registered.component.suggests:
        click.echo("\nSuggests, unless you say otherwise:")
        pairs = registered.component.suggests.items()
        click.echo("\n".join(f"  {path} = {_shown(value)}" for path, value in pairs))


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return str(value) if isinstance(value, str) else json.dumps(_plain(value))


def _plain(value: Any) -> Any:
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value)
