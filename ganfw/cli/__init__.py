"""The command line: each command parses, calls and prints, in a small file of its own.

Nothing here imports torch or pydantic before a command needs it: ``--help`` is instant.
"""

from __future__ import annotations

import click

from .. import __version__
from ..errors import GanfwError
from .check import check_command
from .doctor import doctor_command
from .evaluate import evaluate_command
from .guide import guide_command
from .list import list_command
from .new_plugin import new_plugin_command
from .report import report_command
from .resume import resume_command
from .run import run_command
from .sample import sample_command
from .show import show_command


class _Commands(click.Group):
    """A group that prints what a user can mend as one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        # Not at the top: ``--help`` logs nothing.
        from ..runtime.logs import print_logs

        print_logs()
        try:
            return super().invoke(ctx)
        except GanfwError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)

    def list_commands(self, ctx: click.Context) -> list[str]:
        # The submodule ``list`` stands in for the builtin here.
        return [*self.commands]


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ganfw", message="%(prog)s %(version)s")
def main() -> None:
    """Compose and train GANs from plugins.

    \b
      ganfw run --recipe d2l-gaussian
      ganfw run --gen dcgan --disc dcgan --data ./my-photos
      ganfw list
    """


for command in (
    run_command,
    resume_command,
    list_command,
    show_command,
    sample_command,
    evaluate_command,
    report_command,
    guide_command,
    new_plugin_command,
    check_command,
    doctor_command,
):
    main.add_command(command)
