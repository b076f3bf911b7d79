"""Finding plugins for a command, and saying which of them are broken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .processes import is_first

if TYPE_CHECKING:
    from ..registry import Registry

plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Also use the components in a Python file; several.",
)


def find_plugins(files: Sequence[Path] = ()) -> Registry:
    """Every component there is, also those in ``files``; what is amiss gets a line on stderr."""
    # Not at the top: ``--help`` needs no plugins, and the metadata of packages costs 40 ms.
    from ..discovery import discover
    from ..source import HOME

    registry = discover(files)
    if not is_first():
        return registry
    for broken in registry.broken:
        click.echo(f"Warning: {broken} (more: ganfw doctor)", err=True)
    for each in registry.components():
        if each.source.kind == "file" and registry.has(each.component.kind, f"{HOME}/{each.name}"):
            click.echo(
                f"Warning: ganfw has a {each.label} of its own, which the bare name means; "
                f"for that of {each.source} say '{each.canonical}'",
                err=True,
            )
    return registry
