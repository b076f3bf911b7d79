"""Options that several commands share: ``-s``, ``--plugin`` and ``--nproc``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from ..errors import UsageError

Command = TypeVar("Command", bound=Callable[..., object])

if TYPE_CHECKING:
    from ..config.layers import Layer
    from ..registry.registry import Registry


def set_option(help: str, complete: Callable[..., Any] | None = None) -> Callable[[Any], Any]:
    """The option itself, whose values `typed_settings` reads."""
    return click.option(
        "-s",
        "--set",
        "settings",
        multiple=True,
        metavar="PATH=VALUE",
        shell_complete=complete,
        help=help,
    )


def typed_settings(settings: Sequence[str], source: str) -> Layer:
    """The layer of all ``-s``. Raises UsageError for one without a value."""
    from ..config.layers import Text, settings_layer

    values: dict[str, Text] = {}
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"-s {setting}: write PATH=VALUE, such as gen.channels=32")
        values[path.strip()] = Text(value.strip())
    return settings_layer(values, source)


def _level_option(flag: str, level: int, help: str) -> Callable[[Command], Command]:
    def set_level(context: click.Context, parameter: click.Parameter, given: bool) -> None:
        from ..runtime.logs import print_logs

        if given:
            print_logs(level)

    return click.option(flag, is_flag=True, expose_value=False, callback=set_level, help=help)


def log_options(command: Command) -> Command:
    """``--quiet`` and ``--verbose``: how much of what is logged is printed."""
    quiet = _level_option("--quiet", 30, "Print results and warnings alone.")
    return quiet(_level_option("--verbose", 10, "Print more of what goes on.")(command))


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
    from ..registry.discovery import discover
    from ..registry.source import HOME

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


nproc_option = click.option(
    "--nproc", type=click.IntRange(1), default=1, help="Processes on this machine, by torchrun."
)


def is_first() -> bool:
    """Whether this process speaks for all, as torchrun numbers them."""
    return os.environ.get("RANK", "0") == "0"


def run_in(count: int, argv: Sequence[str]) -> NoReturn:
    """Become torchrun with ``count`` processes on this machine, each running ``argv``."""
    variables = dict(os.environ)
    variables.setdefault("OMP_NUM_THREADS", str(max((os.cpu_count() or 1) // count, 1)))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(count), "-m", "ganfw", *without_nproc(argv)]
    os.execve(sys.executable, command, variables)


def without_nproc(argv: Sequence[str]) -> list[str]:
    """``argv`` less ``--nproc N`` or ``--nproc=N``."""
    kept, words = [], iter(argv)
    for word in words:
        if word == "--nproc":
            next(words, None)
        elif not word.startswith("--nproc="):
            kept.append(word)
    return kept
