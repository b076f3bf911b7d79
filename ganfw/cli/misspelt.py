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
    flags = {flag for parameter in context.command.params for flag in parameter.opts}
    hint = flag_hint(error.option_name, flags)
    return (
        f"{context.command_path} has no option {error.option_name}"
        f"{hint or f': {context.command_path} --help lists them'}"
    )
