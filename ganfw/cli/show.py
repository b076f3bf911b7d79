"""``ganfw show``: one component and what can be set on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from ..registry.component import KIND_OF
from .completion import complete_kind, complete_name
from .list import record
from .options import find_plugins, plugin_option, set_option, typed_settings
from .table import columns

if TYPE_CHECKING:
    from ..registry.registry import Registered

_SHOWN = 64
_PICTURE = "--picture"


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
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
def show_command(
    kind: str,
    name: str | None,
    picture: Path | None,
    settings: tuple[str, ...],
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
    if picture is not None:
        _draw(KIND_OF.get(kind, kind), name, settings, plugins, picture)
        return
    if settings:
        raise UsageError("-s goes with --picture, which draws samples of a dataset")
    registered = find_plugins(plugins).find(KIND_OF.get(kind, kind), name)
    if registered.component.kind == "recipe":
        _show_recipe(registered, as_json)
    else:
        _show_component(registered, as_json)


def _draw(
    kind: str, name: str, settings: tuple[str, ...], plugins: tuple[Path, ...], output: Path
) -> None:
    if kind != "dataset":
        raise UsageError(f"--picture draws samples of a dataset, and {kind} '{name}' has none")
    from ..config.layers import components_layer
    from ..config.run_config import resolve_data

    layers = [
        components_layer(None, None, name, (), (), "command line"),
        typed_settings(settings, "command line"),
    ]
    component = resolve_data(find_plugins(plugins), layers)
    from ..data.preview import preview_of
    from ..sampling.image_files import picture_format, write_picture

    picture_format(output, option=_PICTURE)
    dataset = component.registered.load()(component.options)
    dataset.prepare()
    drawn, shown = preview_of(dataset, _SHOWN)
    write_picture(output, drawn, _PICTURE)
    click.echo(f"{output}: {shown} of {len(dataset)} samples of {component.registered.label}")


def _show_recipe(registered: Registered, as_json: bool) -> None:
    from ..config.recipes import recipe_text

    text = recipe_text(registered)
    click.echo(json.dumps({**record(registered), "toml": text}) if as_json else text.rstrip())


def _show_component(registered: Registered, as_json: bool) -> None:
    from ..config import validation
    from ..registry.location import home_page, location

    options = validation.describe(registered.load_options())
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
