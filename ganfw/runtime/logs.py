"""Logging: one logger, and a handler that prints its lines to stderr."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("ganfw")
"""``log.info`` for progress, ``log.warning`` for what a user should not miss."""


class _Lines(logging.Handler):
    """Plain lines on stderr. Warnings begin with NOTE, and are bold and yellow on a terminal."""

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if record.levelno >= logging.WARNING:
            line = f"NOTE: {line}"
            if sys.stderr.isatty():
                line = f"\033[1;33m{line}\033[0m"
        # sys.stderr is looked up each time: a live display replaces it for a while.
        print(line, file=sys.stderr)


def print_logs(level: int = logging.INFO) -> None:
    """Print what is logged from ``level`` on. A second call only changes the level."""
    log.setLevel(level)
    if not any(isinstance(handler, _Lines) for handler in log.handlers):
        log.addHandler(_Lines())


@contextmanager
def silenced(silent: bool) -> Iterator[None]:
    """Log nothing for a while if ``silent``: one of many processes logs for all."""
    before = log.disabled
    log.disabled = before or silent
    try:
        yield
    finally:
        log.disabled = before
