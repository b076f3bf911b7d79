"""``ganfw show``: one component and what can be set on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..component import KIND_OF
from ..errors import UsageError
from .completion import complete_kind, complete_name
from .list import record
from .plugins import find_plugins, plugin_option
from .table import columns

if TYPE_CHECKING:
    from ..registry import Registered


@click.command("show")
@click.argument("kind", shell_complete=complete_kind)
@click.argument("name", required=False, shell_complete=complete_name)
@plugin_option
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
def show_command(kind: str, name: str | None, plugins: tuple[Path, ...], as_json: bool) -> None:
    """Show a component: KIND is gen, disc, data, loss, callback, recipe, …

    KIND NAME may be written KIND/NAME too.
    """
    if name is None:
        kind, slash, name = kind.partition("/")
        if not slash:
            raise UsageError(f"show {kind}: which one? ganfw list {kind} names them")
    registered = find_plugins(plugins).find(KIND_OF.get(kind, kind), name)
    if registered.component.kind == "recipe":
        _show_recipe(registered, as_json)
    else:
        _show_component(registered, as_json)


def _show_recipe(registered: Registered, as_json: bool) -> None:
    from ..config import recipe_text

    text = recipe_text(registered)
    click.echo(json.dumps({**record(registered), "toml": text}) if as_json else text.rstrip())


def _show_component(registered: Registered, as_json: bool) -> None:
    from .. import fields
    from ..whereabouts import home_page, location

    options = fields.describe(registered.load_options())
    places = {"home_page": home_page(registered.source), "location": location(registered)}
    if as_json:
        listed = [{**vars(each), "default": _plain(each.default)} for each in options]
        click.echo(json.dumps({**record(registered), **places, "options": listed}, indent=2))
        return
    click.echo(f"{registered.label} of {registered.source}")
    lines = [registered.component.summary, *(each for each in places.values() if each)]
    click.echo("\n".join(each for each in lines if each) + "\n")
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
