"""How a run ends on a terminal."""

from __future__ import annotations

import os
import signal
import sys

import click

from ..launch.train import Finished
from .options import is_first


def finish(finished: Finished) -> None:
    """Print the run's last line; a run ended by a signal exits as that signal would, but not where
    torchrun would take that for a failure, and start it again."""
    if not is_first():
        return
    click.echo(str(finished.outcome))
    if finished.outcome.stopped and "TORCHELASTIC_RUN_ID" not in os.environ:
        number = getattr(signal, finished.outcome.stopped, None)
        sys.exit(128 + number if number else 0)
