"""``ganfw show``: components and their options, or what a dataset holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from ..config.data_paths import is_path
from ..config.layers import Text
from ..config.request import RunRequest
from ..config.run_config import ComponentConfig, resolve_data
from ..config.schema import DataKeys
from ..errors import UsageError, did_you_mean
from ..registry.component import KIND_OF, KINDS, OPTIMIZER, kind_in
from ..registry.registry import Registry
from .completion import complete_kind, complete_name
from .options import COMMAND_LINE, find_plugins, json_option, plugin_option, set_option
from .shown import show_components, show_kind, show_train

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
@set_option("Of a dataset that is drawn, or a folder: set an option, such as data.size=32.")
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

    KIND NAME may be written KIND/NAME too. KIND alone lists its components, NAME alone shows all
    that bear it, and a place in a run, such as train or gen.optimizer, what can be set there.

    \b
      ganfw show disc dcgan
      ganfw show train
      ganfw show data sprites --picture sprites.png -s data.size=32
      ganfw show data ./my-photos --picture what-it-learns-from.png
    """
    registry = find_plugins(plugins)
    if name is None:
        kind, name = _split(registry, kind)
    kind = kind_in(kind)
    folder = kind == "dataset" and is_path(registry, name)
    if settings and picture is None and not folder:
        raise UsageError("-s goes with --picture, which draws samples of a dataset")
    if picture is not None:
        _draw(registry, kind, name, settings, picture)
    elif folder:
        _show_folder(registry, name, settings)
    elif kind == "train":
        show_train(as_json)
    elif not name:
        show_kind(registry, kind, as_json)
    else:
        kinds = [each for each in KINDS if registry.has(each, name)] if kind == "" else [kind]
        show_components([registry.find(each, name) for each in kinds], as_json)


def _split(registry: Registry, typed: str) -> tuple[str, str]:
    """The kind and the name that one word means: either may be empty. Raises UsageError."""
    if typed in (*KINDS, *KIND_OF, "train"):
        return typed, ""
    if typed.endswith(f".{OPTIMIZER}"):
        return OPTIMIZER, ""
    if is_path(registry, typed):
        return "data", typed
    for mark in "/.":
        kind, found, name = typed.partition(mark)
        if found and kind in (*KINDS, *KIND_OF, "train"):
            return kind, name
    known = {registered.name for registered in registry.components()}
    if not any(registry.has(kind, typed) for kind in KINDS):
        hint = did_you_mean(typed, [*known, *KINDS, *KIND_OF]) or "; ganfw list names all"
        raise UsageError(f"show {typed}: there is no component of that name{hint}")
    return "", typed


def _draw(
    registry: Registry, kind: str, name: str | None, settings: Mapping[str, Text], output: Path
) -> None:
    if kind != "dataset":
        raise UsageError(f"--picture draws samples of a dataset, and {kind} '{name}' has none")
    component = _data(registry, name, settings)
    from ..data.preview import preview_of
    from ..sampling.image_files import picture_format, write_picture

    picture_format(output, option=_PICTURE)
    dataset = component.registered.load()(component.options)
    dataset.prepare()
    drawn, count = preview_of(dataset, _SAMPLES)
    write_picture(output, drawn, _PICTURE)
    click.echo(f"{output}: {count} of {len(dataset)} samples of {component.registered.label}")


def _show_folder(registry: Registry, path: str | None, settings: Mapping[str, Text]) -> None:
    """What a run would see of the folder at ``path``."""
    component = _data(registry, path, settings)
    dataset = component.registered.load()(component.options)
    dataset.prepare()
    sides = "×".join(map(str, dataset.sample_shape))
    label = component.registered.label
    click.echo(f"{path}: {len(dataset)} samples of {label}, each {sides}")
    if dataset.classes:
        click.echo(f"{dataset.classes} classes: {', '.join(dataset.class_names)}")
    click.echo(f"To see them: ganfw show data {path} --picture FILE")


def _data(
    registry: Registry, name: str | None, settings: Mapping[str, Text]
) -> ComponentConfig[DataKeys]:
    layers = RunRequest(data=name or None, settings=settings).layers(registry, COMMAND_LINE)
    return resolve_data(registry, layers)
