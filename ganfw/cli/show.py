"""``ganfw show``: one component and its options, or samples of a dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..config.describe import describe
from ..config.layers import Text
from ..config.recipes import recipe_text
from ..config.request import RunRequest
from ..config.run_config import resolve_data
from ..config.schedule import schedulable
from ..errors import UsageError
from ..registry.component import kind_in
from ..registry.location import home_page, location
from ..registry.registry import Registered, Registry
from .completion import complete_kind, complete_name
from .list import component_record
from .options import COMMAND_LINE, find_plugins, json_option, plugin_option, set_option
from .table import columns

_PICTURE = "--picture"
_SAMPLES = 64


@click.command("show")
@click.argument("kind", shell_complete=complete_kind)
@click.argument("name", required=False, shell_complete=complete_name)
@click.option(
    _PICTURE,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw samples of a dataset, or of a folder of pictures, as a run would see them.",
)
@set_option("With --picture: set an option, such as data.size=32.")
@plugin_option
@json_option
def show_command(
    kind: str,
    name: str | None,
    picture: Path | None,
    settings: Mapping[str, Text],
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Show a component: KIND is gen, disc, data, loss, callback, recipe, …

    KIND NAME may be written KIND/NAME too.

    \b
      ganfw show disc dcgan
      ganfw show data sprites --picture sprites.png -s data.size=32
      ganfw show data ./my-photos --picture what-it-learns-from.png
    """
    if name is None:
        kind, slash, name = kind.partition("/")
        if not slash:
            raise UsageError(f"show {kind}: which one? ganfw list {kind} names them")
    if settings and picture is None:
        raise UsageError("-s goes with --picture, which draws samples of a dataset")
    kind, registry = kind_in(kind), find_plugins(plugins)
    if picture is not None:
        _draw(registry, kind, name, settings, picture)
    elif kind == "recipe":
        _show_recipe(registry.find(kind, name), as_json)
    else:
        _show_component(registry.find(kind, name), as_json)


def _draw(
    registry: Registry, kind: str, name: str, settings: Mapping[str, Text], output: Path
) -> None:
    if kind != "dataset":
        raise UsageError(f"--picture draws samples of a dataset, and {kind} '{name}' has none")
    layers = RunRequest(data=name, settings=settings).layers(registry, COMMAND_LINE)
    component = resolve_data(registry, layers)
    from ..data.preview import preview_of
    from ..sampling.image_files import picture_format, write_picture

    picture_format(output, option=_PICTURE)
    dataset = component.registered.load()(component.options)
    dataset.prepare()
    drawn, count = preview_of(dataset, _SAMPLES)
    write_picture(output, drawn, _PICTURE)
    click.echo(f"{output}: {count} of {len(dataset)} samples of {component.registered.label}")


def _show_recipe(registered: Registered, as_json: bool) -> None:
    text = recipe_text(registered)
    record = {**component_record(registered), "toml": text}
    click.echo(json.dumps(record) if as_json else text.rstrip())


def _show_component(registered: Registered, as_json: bool) -> None:
    options = describe(registered.load_options())
    places = {"home_page": home_page(registered.source), "location": location(registered)}
    follow = schedulable(registered.component.kind, registered.load_options())
    if as_json:
        listed = [{**vars(option), "schedule": option.name in follow} for option in options]
        record = {**component_record(registered), **places, "options": listed}
        click.echo(json.dumps(record, indent=2))
        return
    click.echo(f"{registered.label} of {registered.source}")
    lines = [registered.component.summary, *places.values()]
    click.echo("\n".join(filter(None, lines)) + "\n")
    head = ("OPTION", "TYPE", "DEFAULT", "RANGE", "DESCRIPTION")
    rows = [
        (option.name, option.type, _shown(option.default), option.range, option.description)
        for option in options
    ]
    click.echo(columns([head, *rows]) if rows else "It has no options.")
    if follow:
        click.echo(f"\nMay follow a schedule, START..END: {', '.join(follow)}")
    if registered.component.suggests:
        click.echo("\nSuggests, unless you set them:")
        for path, value in registered.component.suggests.items():
            click.echo(f"  {path} = {_shown(value)}")


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)
