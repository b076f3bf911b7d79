"""Logging: one logger, and a handler that prints its lines to stderr."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from .terminal import is_terminal, print_line

log = logging.getLogger("ganfw")
"""``log.info`` for progress, ``log.warning`` for what a user should not miss."""


class _Lines(logging.Handler):
    """Plain lines on stderr. Warnings begin with NOTE, and are bold and yellow on a terminal."""

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if record.levelno >= logging.WARNING:
            line = f"NOTE: {line}"
            if is_terminal():
                line = f"\033[1;33m{line}\033[0m"
        print_line(line)


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
