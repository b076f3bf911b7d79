"""What is said of a command line that makes no sense, in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from ..config.layers import SECTIONS
from ..config.synonyms import COMMANDS, flag_hint
from ..errors import did_you_mean


def no_such_command(name: str, commands: Mapping[str, tuple[str, str]]) -> str:
    """The error for an unknown command, with the one that was probably meant."""
    meant = COMMANDS.get(name.lower())
    if meant:
        return f"no command '{name}'. Did you mean 'ganfw {meant}'? {commands[meant][1]}"
    if Path(name).exists():
        return f"no command '{name}'. Did you mean 'ganfw run {name}'?"
    known = {
        **{word: f"ganfw {COMMANDS[word]}" for word in COMMANDS},
        **{it: it for it in commands},
    }
    near = did_you_mean(name, known)
    for word, command in known.items():
        near = near.replace(f"'{word}'", f"'{command}'")
    return f"no command '{name}'{near or ': ganfw --help lists them'}"


def usage(error: click.UsageError) -> str:
    """The line for what click says of a command line."""
    context, message = error.ctx, error.format_message().rstrip(".")
    if isinstance(error, click.NoSuchOption):
        return _no_such_option(error)
    if context is None:
        return message
    helps = f"{context.command_path} --help tells more"
    extra = re.fullmatch(r"Got unexpected extra arguments? \((.*)\)", message, re.DOTALL)
    if extra:
        return f"{context.command_path}: {_too_many(context, extra[1].split())}; {helps}"
    if isinstance(error, click.MissingParameter) and isinstance(error.param, click.Argument):
        name = error.param.make_metavar(context)
        return f"{context.command_path} needs {name}: {context.command_path} {name}; {helps}"
    if isinstance(context.command, click.Group) and message.startswith("No such command"):
        known = ", ".join(context.command.list_commands(context))
        return f"{message} of {context.command_path}: there is {known}"
    return f"{context.command_path}: {message[:1].lower()}{message[1:]}"


def _too_many(context: click.Context, words: Sequence[str]) -> str:
    """What is said of ``words`` that are one argument too many."""
    shown = " ".join(words[:2]) + (" …" if len(words) > 2 else "")
    setting = next((word for word in words if re.match(r"[a-z]+\.[\w.-]+=", word)), None)
    if setting:
        return f"{setting} is an option of a component, which is set with -s {setting}"
    given = [value for value in context.params.values() if isinstance(value, str | Path)]
    for value in map(str, given):
        if Path(" ".join([value, *words])).exists():
            return f"write a name with spaces in quotes: '{' '.join([value, *words])}'"
        if Path(value).is_file() and Path(words[0]).is_file():
            return f"give the folder that holds the files, and not each of them: {shown}"
    return f"{shown} is one argument too many"


def _no_such_option(error: click.NoSuchOption) -> str:
    """The error for an unknown flag, with what to write in its place."""
    context = error.ctx
    if context is None:
        return error.format_message()
    name, path = error.option_name, context.command_path
    if name.lstrip("-").partition(".")[0] in SECTIONS and "." in name:
        return f"{path} has no option {name}: write -s {name.lstrip('-')}=VALUE"
    hint = flag_hint(name, _flags(context.command))
    if elsewhere := _elsewhere(context, name):
        hint = elsewhere
    return f"{path} has no option {name}{hint or f': {path} --help lists them'}"


def _elsewhere(context: click.Context, name: str) -> str:
    """Whether ``ganfw run`` has the flag ``name``."""
    root = context.find_root()
    run = root.command.get_command(root, "run") if isinstance(root.command, click.Group) else None
    if run is None or run is context.command or name not in _flags(run):
        return ""
    if context is root:
        return f": write ganfw run {name}"
    if context.info_name == "resume":
        return (
            ": a resumed run keeps its own; ganfw run --from RUN starts another from its networks"
        )
    return ": ganfw run has it"


def _flags(command: click.Command) -> set[str]:
    return {flag for parameter in command.params for flag in parameter.opts}
