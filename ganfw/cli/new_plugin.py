"""``ganfw new-plugin``: write a new plugin package, working, to be edited."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from ..errors import UsageError
from ..registry.component import KIND_OF, KINDS, kind_in
from ..scaffold.new_plugin import try_command, write_plugin
from .options import find_plugins


@click.command("new-plugin")
@click.argument("name")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    required=True,
    type=click.Choice([*KINDS, *(slot for slot in KIND_OF if slot not in KINDS)]),
    help="Kind of component to start with; several.",
)
def new_plugin_command(name: str, kinds: tuple[str, ...]) -> None:
    """Write a plugin package into the new folder NAME: a working component, tested and typed."""
    chosen = list(dict.fromkeys(map(kind_in, kinds)))
    if len(chosen) < len(kinds):
        raise UsageError("a kind is given twice; add a second component of it by hand")
    files = write_plugin(Path(), name, chosen, find_plugins())
    click.echo(f"{name}/")
    for path in files:
        click.echo(f"  {path}")
    click.echo("\nInstall it, then try it:\n")
    click.echo(f"  {_program('pip')} install -e ./{name}")
    command, _, words = try_command(name, chosen).partition(" ")
    click.echo(f"  {_program(command)} {words}")


def _program(name: str) -> str:
    """How a program of this environment is called: by its path, unless the shell finds it."""
    path = Path(sys.executable).with_name(name)
    if shutil.which(name) == str(path) or not path.exists():
        return name
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
