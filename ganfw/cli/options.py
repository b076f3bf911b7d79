"""Options that several commands share: ``-s``, ``--plugin``, ``--nproc`` and the like."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from ..config.layers import Text
from ..errors import UsageError
from ..registry.discovery import discover
from ..registry.registry import Registry
from ..registry.source import HOME
from ..runtime import launcher
from ..runtime.logs import print_logs
from ..storage.run_dir import open_run

Command = TypeVar("Command", bound=Callable[..., object])

COMMAND_LINE = "command line"
"""The source of the values that are typed."""


def set_option(
    help: str, metavar: str = "PATH=VALUE", complete: Callable[..., Any] | None = None
) -> Callable[[Command], Command]:
    """``-s PATH=VALUE``, which can be given several times: a mapping of paths to `Text`."""
    return click.option(
        "-s",
        "--set",
        "settings",
        multiple=True,
        metavar=metavar,
        callback=_parse_settings,
        shell_complete=complete,
        help=help,
    )


def _parse_settings(
    context: click.Context, parameter: click.Parameter, settings: Sequence[str]
) -> dict[str, Text]:
    values: dict[str, Text] = {}
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not equals:
            if setting.startswith("-"):
                raise UsageError(f"-s is followed by {parameter.metavar}, not by {setting}")
            raise UsageError(
                f"-s {setting}: it needs a value; write {setting}=VALUE, without spaces around ="
            )
        values[path.strip()] = Text(value.strip())
    return values


def _set_level(context: click.Context, parameter: click.Parameter, given: bool) -> None:
    if given:
        print_logs(logging.DEBUG if parameter.name == "verbose" else logging.WARNING)


_level_option = partial(click.option, is_flag=True, expose_value=False, callback=_set_level)


def log_options(command: Command) -> Command:
    """``--quiet`` and ``--verbose``: how much of what is logged is printed."""
    quiet = _level_option("--quiet", help="Print only results and warnings.")
    verbose = _level_option("--verbose", help="Print more details.")
    return quiet(verbose(command))


device_option = click.option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps.")

moved_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where the run's data is now, if it was moved.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Also use the components in a Python file; can be repeated.",
)


def find_plugins(files: Sequence[Path] = ()) -> Registry:
    """Every component, also those in ``files``; a warning on stderr for each problem."""
    registry = discover(files)
    if not is_first():
        return registry
    for broken in registry.broken:
        click.echo(f"Warning: {broken} (more: ganfw doctor)", err=True)
    for registered in registry.components():
        ours = f"{HOME}/{registered.name}"
        if registered.source.kind == "file" and registry.has(registered.component.kind, ours):
            click.echo(
                f"Warning: {registered.label} of {registered.source} has the name of one of "
                f"ganfw's own, which the bare name means; write '{registered.canonical}' for yours",
                err=True,
            )
    return registry


def add_plugins_of(registry: Registry, run: Path) -> None:
    """Also use the plugin files that the run in folder ``run`` keeps. Raises RunError."""
    # Not at the top: pydantic.
    from ..runs.plugin_copies import register_plugin_copies
    from ..runs.records import read_provenance

    folder = open_run(run)
    register_plugin_copies(registry, folder, read_provenance(folder))


nproc_option = click.option(
    "--nproc", type=click.IntRange(1), default=1, help="Processes on this machine."
)


def is_first() -> bool:
    """Whether this process speaks for all, as torchrun numbers them."""
    return os.environ.get("RANK", "0") == "0"


def run_in_processes(count: int) -> None:
    """Start ``count`` processes of the same command and exit as they do, unless this is one of
    them already."""
    if count > 1 and not launcher.is_launched():
        sys.exit(launcher.launch([sys.executable, "-m", "ganfw", *sys.argv[1:]], count))
