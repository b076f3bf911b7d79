"""How a run speaks on a terminal."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import click

from ..launch.start import Finished
from ..runtime.reporter import Reporter
from .options import is_first

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def reporter() -> Reporter:
    """Lines on stderr, warnings in bold, and a bar while data is decoded."""
    return Reporter(_say, _warn, _Decoding())


def finish(finished: Finished) -> None:
    """Print the run's last line; a run ended by a signal exits as that signal would."""
    if not is_first():
        return
    click.echo(str(finished.outcome))
    if finished.outcome.stopped:
        number = getattr(signal, finished.outcome.stopped, None)
        sys.exit(128 + number if number else 0)


def _say(line: str) -> None:
    # sys.stderr is looked up each time: a live display stands in for it while it is up.
    print(line, file=sys.stderr)


def _warn(line: str) -> None:
    _say(click.style(line, fg="yellow", bold=True) if sys.stderr.isatty() else line)


class _Decoding:
    """A bar that lives from the first item to the last; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._bar: tuple[Progress, TaskID] | None = None

    def __call__(self, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
        if self._bar is None:
            self._bar = self._start(total)
        bar, task = self._bar
        bar.update(task, completed=done)
        if done >= total:
            bar.stop()
            self._bar = None

    def _start(self, total: int) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import Progress

        bar = Progress(console=Console(stderr=True), transient=True)
        bar.start()
        return bar, bar.add_task("decoding", total=total)
