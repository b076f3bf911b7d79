"""A group of commands, each imported when it is called (click: "Lazily loading subcommands")."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click


class LazyCommand(NamedTuple):
    """Where a command is, as ``module:object``, and its line in the group's help."""

    target: str
    help: str


class LazyGroup(click.Group):
    """A group whose help lists ``lazy_subcommands`` without importing them."""

    def __init__(
        self, *args: Any, lazy_subcommands: Mapping[str, LazyCommand], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lazy_subcommands = lazy_subcommands

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.lazy_subcommands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy_subcommands:
            return None
        module, _, name = self.lazy_subcommands[cmd_name].target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.help) for name, command in self.lazy_subcommands.items()]
            )
