"""Errors a user can act on: each message is one clear line, and none comes with a traceback."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

_LONGEST = 200

_BREAKS = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")
_CONTROL = re.compile(r"[\0-\x1f\x7f-\x9f]")


def _one_line(text: str) -> str:
    """``text``, whatever names, values and reasons of others it holds: a line break becomes a
    space, and a control character, which a terminal might obey, a question mark."""
    return _CONTROL.sub("?", _BREAKS.sub(" ", text).strip())


class GanfwError(Exception):
    """Something a user can fix. The message says what was wrong, where, and what to do."""

    exit_code = 1

    def __str__(self) -> str:
        return _one_line(super().__str__())


class UsageError(GanfwError):
    """What was typed (or written in a file) makes no sense: exit status 2."""

    exit_code = 2


class ShapesError(UsageError):
    """A network does not fit the data or the other network. The message speaks in shapes."""


class PluginError(GanfwError):
    """A component was found, but its code can't be loaded or breaks its contract."""


class DataError(GanfwError):
    """The data is there but can't be used: corrupt, empty, hostile, or of the wrong kind."""


class DataUnavailable(DataError):
    """The data is not available now; the network may be down.

    ``instead`` is a dataset to train on in place of it, as in its ``[data]`` section,
    such as ``{"use": "sprites", "size": 64}``; None if there is no such dataset.
    """

    def __init__(self, message: str, instead: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.instead = instead


class SkipItem(Exception):
    """Raised by ``Dataset.__getitem__`` for an item to skip; the message names it and says why."""

    def __str__(self) -> str:
        return _one_line(super().__str__())


class RunError(GanfwError):
    """A run folder that is missing, foreign, finished, in use, or can't be written."""


class CheckpointError(GanfwError):
    """A checkpoint that can't be saved or read."""


class TrainingError(GanfwError):
    """Training can't continue, because numbers are not finite or memory ran out."""


def reason_of(error: BaseException) -> str:
    """What ``error``, maybe of someone else's code, says, on one line: of 200 characters at most if
    it is not one of ours; its class's name if it says nothing."""
    if isinstance(error, GanfwError):
        return str(error)
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``". Did you mean 'x'?"`` for the known word nearest to ``word``, or an empty string."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    return f". Did you mean '{by_lower[near[0]]}'?" if near else ""
