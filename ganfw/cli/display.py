"""How a run ends on a terminal."""

from __future__ import annotations

import os
import signal

import click

from ..launch.train import Finished
from ..runtime.elastic import is_restarted
from ..runtime.terminal import print_line
from .options import is_first


def finish(finished: Finished) -> None:
    """Print the run's last line; a run ended by a signal exits as that signal would, but not where
    torchrun would take that for a failure, and start it again; unless it has to, on the machines
    that are left."""
    outcome = finished.outcome
    if outcome.stopped == "SIGTERM" and not outcome.asked and is_restarted():
        if is_first():
            print_line("a machine leaves the run: torchrun starts it anew on those that stay")
        raise click.exceptions.Exit(1)
    if not is_first():
        return
    click.echo(str(outcome))
    if outcome.stopped and "TORCHELASTIC_RUN_ID" not in os.environ:
        number = getattr(signal, outcome.stopped, None)
        raise click.exceptions.Exit(128 + number if number else 0)
