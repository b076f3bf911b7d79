"""What is said of a command or a flag that does not exist."""

from __future__ import annotations

from collections.abc import Mapping

import click

from ..config.synonyms import COMMANDS, flag_hint
from ..errors import did_you_mean


def no_such_command(name: str, commands: Mapping[str, tuple[str, str]]) -> str:
    """The error for an unknown command, with the one that was probably meant."""
    meant = COMMANDS.get(name.lower())
    if meant:
        return f"no command '{name}'. Did you mean 'ganfw {meant}'? {commands[meant][1]}"
    return f"no command '{name}'{did_you_mean(name, commands) or ': ganfw --help lists them'}"


def no_such_option(error: click.NoSuchOption) -> str:
    """The error for an unknown flag, with what to write in its place."""
    context = error.ctx
    if context is None:
        return error.format_message()
    name, path = error.option_name, context.command_path
    hint = flag_hint(name, _flags(context.command))
    if context.parent is not None and isinstance(context.parent.command, click.Group):
        run = context.parent.command.get_command(context.parent, "run")
        hint = ": only ganfw run has it" if run and name in _flags(run) else hint
    return f"{path} has no option {name}{hint or f': {path} --help lists them'}"


def _flags(command: click.Command) -> set[str]:
    return {flag for parameter in command.params for flag in parameter.opts}
