"""Finding plugins for a command, and saying which of them are broken."""

from __future__ import annotations

import click

from ..discovery import discover
from ..registry import Registry


def find_plugins() -> Registry:
    """Every installed component; a broken plugin gets one line on stderr."""
    registry = discover()
    for broken in registry.broken:
        click.echo(f"Warning: {broken}", err=True)
    return registry
