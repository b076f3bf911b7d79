"""The command line: each command parses, calls and prints, in a small file of its own.

``--help`` imports no command, and a command imports torch only once it has checked what it was
given: see ``tests/e2e/test_startup.py``.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import click

from .. import __version__
from ..errors import GanfwError, UsageError
from ..runtime import terminal
from ..runtime.libraries import broken_libraries
from ..runtime.logs import print_logs
from .lazy_group import LazyGroup
from .misspelt import no_such_command, usage

COMMANDS = {
    "run": ("ganfw.cli.run:run_command", "Train a GAN made of any components."),
    "resume": ("ganfw.cli.resume:resume_command", "Continue a run."),
    "list": ("ganfw.cli.list:list_command", "List all components."),
    "show": ("ganfw.cli.show:show_command", "Show a component and its options."),
    "sample": ("ganfw.cli.sample:sample_command", "Generate samples with a run."),
    "evaluate": ("ganfw.cli.evaluate:evaluate_command", "Score a run with metrics."),
    "runs": ("ganfw.cli.runs:runs_command", "List runs and what came of them."),
    "compare": ("ganfw.cli.compare:compare_command", "Show what differs between runs."),
    "report": ("ganfw.cli.report:report_command", "Write an HTML page about runs."),
    "guide": ("ganfw.cli.guide:guide_command", "Read a guide in the terminal."),
    "new-plugin": ("ganfw.cli.new_plugin:new_plugin_command", "Write a new plugin."),
    "check": ("ganfw.cli.check:check_command", "Test components against the contract."),
    "cache": ("ganfw.cli.cache:cache_command", "List what is cached, or remove it."),
    "doctor": ("ganfw.cli.doctor:doctor_command", "Check this installation."),
}


class Commands(LazyGroup):
    """A group that prints an error the user can fix as one line, without a traceback, and knows
    what other tools call its commands and their flags. Output that can't be written costs no
    command its work."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command. Exits with status 1 if what it printed was refused by a full disk, but not
        if its reader had enough."""
        if "_GANFW_COMPLETE" in os.environ:
            from .bash_completion import register  # not at the top: only a shell needs it

            register()
        terminal.occupy_closed()
        with terminal.shielded() as (out, err):
            try:
                return super().main(*args, **extra)
            finally:
                refused = terminal.abandon(out)
                if refused:
                    click.echo(f"Error: stdout can't be written: {refused}", err=True)
                terminal.abandon(err)
                if refused:
                    sys.exit(1)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """What is wrong before the command's name is one line too."""
        try:
            return super().make_context(*args, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            click.echo(f"Error: {usage(error)}", err=True)
            raise click.exceptions.Exit(UsageError.exit_code) from None

    def invoke(self, ctx: click.Context) -> object:
        print_logs()
        if not _has_place():
            click.echo("Error: this working folder was removed: cd to another", err=True)
            ctx.exit(1)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="surrogateescape")  # a file's name may be any bytes
        try:
            return self._invoke(ctx)
        except GanfwError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except (Exception, SystemExit) as error:  # a library may end the program
            line = _surroundings(error)
            if line is None:
                raise
            click.echo(f"Error: {line}", err=True)
            ctx.exit(1)

    def _invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise UsageError(usage(error)) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.lazy_subcommands and not name.startswith("-"):
            raise UsageError(no_such_command(name, self.lazy_subcommands))
        return super().resolve_command(ctx, args)


def _has_place() -> bool:
    """Whether the working folder is still there. Without one, torch ends the program itself."""
    try:
        return bool(os.getcwd())  # noqa: PTH109
    except FileNotFoundError:
        return False


def _surroundings(error: Exception | SystemExit) -> str | None:
    """What is wrong around ganfw, in one line, if that is behind the ``error``: a library that is
    broken, or a disk that refuses."""
    if broken := broken_libraries():
        return f"{broken[0]}; ganfw doctor tells more"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return None


@click.group(
    cls=Commands,
    lazy_subcommands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="ganfw", message="%(prog)s %(version)s")
def main() -> None:
    """Compose and train GANs from plugins.

    \b
      ganfw run --recipe d2l-gaussian
      ganfw run ./my-photos
      ganfw list
    """
