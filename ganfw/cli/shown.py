"""What ``ganfw show`` prints of components and their options."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from ..config.describe import FieldDescription, describe
from ..config.recipes import recipe_text
from ..config.schedule import schedulable
from ..config.schema import SLOT_KEYS, TrainOptions
from ..registry.component import FIRST_OPTIMIZER, OPTIMIZER, SLOT_OF
from ..registry.location import home_page, location
from ..registry.registry import Registered, Registry
from .list import component_record
from .table import columns


def show_kind(registry: Registry, kind: str, as_json: bool) -> None:
    """The components of a kind, and what each of them takes besides its own options."""
    found = registry.components(kind)
    if as_json:
        click.echo(json.dumps(list(map(component_record, found)), indent=2))
        return
    rows = [(registry.shortest_name(it), str(it.source), it.component.summary) for it in found]
    click.echo(columns([("NAME", "FROM", "SUMMARY"), *rows]))
    slot = SLOT_OF.get(kind, kind)
    click.echo(f"\nWhat can be set on one: ganfw show {slot} NAME")
    if slot in SLOT_KEYS and slot != "data":
        click.echo(f"On every {kind}:\n\n{_table(describe(SLOT_KEYS[slot]))}")
    if kind == OPTIMIZER:
        click.echo("gen.optimizer.use and disc.optimizer.use choose one. The first choice:\n")
        _show_component(registry.find(kind, FIRST_OPTIMIZER))


def show_train(as_json: bool) -> None:
    """What can be set in [train]."""
    options = describe(TrainOptions)
    if as_json:
        click.echo(json.dumps({"options": [vars(option) for option in options]}, indent=2))
    else:
        click.echo(f"What -s train.OPTION=VALUE sets\n\n{_table(options)}")


def show_components(found: Sequence[Registered], as_json: bool) -> None:
    """One component, or several of the same name."""
    if as_json:
        records = list(map(_record, found))
        click.echo(json.dumps(records[0] if len(records) == 1 else records, indent=2))
        return
    for position, registered in enumerate(found):
        if position:
            click.echo()
        if registered.component.kind == "recipe":
            click.echo(recipe_text(registered).rstrip())
        else:
            _show_component(registered)


def _record(registered: Registered) -> dict[str, object]:
    """A component with its options as JSON values; of a recipe its text."""
    if registered.component.kind == "recipe":
        return {**component_record(registered), "toml": recipe_text(registered)}
    options, follow = describe(registered.load_options()), _follow(registered)
    listed = [{**vars(option), "schedule": option.name in follow} for option in options]
    return {**component_record(registered), **_places(registered), "options": listed}


def _show_component(registered: Registered) -> None:
    click.echo(f"{registered.label} of {registered.source}")
    lines = [registered.component.summary, *_places(registered).values()]
    click.echo("\n".join(filter(None, lines)) + "\n")
    options = describe(registered.load_options())
    click.echo(_table(options) if options else "It has no options.")
    if follow := _follow(registered):
        click.echo(f"\nMay follow a schedule, START..END: {', '.join(follow)}")
    if registered.component.suggests:
        click.echo("\nSuggests, unless you set them:")
        for path, value in registered.component.suggests.items():
            click.echo(f"  {path} = {_shown(value)}")


def _places(registered: Registered) -> dict[str, str | None]:
    return {"home_page": home_page(registered.source), "location": location(registered)}


def _follow(registered: Registered) -> tuple[str, ...]:
    return schedulable(registered.component.kind, registered.load_options())


def _table(options: Sequence[FieldDescription]) -> str:
    head = ("OPTION", "TYPE", "DEFAULT", "RANGE", "DESCRIPTION")
    rows = [
        (option.name, option.type, _shown(option.default), option.range, option.description)
        for option in options
    ]
    return columns([head, *rows])


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)
