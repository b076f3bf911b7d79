"""How a broken contract is reported: what was expected, what came, and which line of which file."""

from __future__ import annotations

import inspect
import traceback
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any


class ContractFailure(AssertionError):
    """A component that breaks its contract."""

    def __init__(self, subject: str, title: str, expected: str, got: str, at: str) -> None:
        lines = [f"{subject}: {title}", f"  expected  {expected}", f"  got       {got}"]
        super().__init__("\n".join([*lines, f"  at        {at}"] if at else lines))
        self.subject = subject
        self.title = title
        self.expected = expected
        self.got = got
        self.at = at


class NotApplicable(unittest.SkipTest):
    """A check that means nothing for this component, or can't be run here; pytest skips it."""


@dataclass(eq=False)
class Broken(Exception):
    """Raised by a check: what was expected, what came, and the function or class to look at."""

    expected: str
    got: str
    at: Any = None


@contextmanager
def expecting(expected: str, at: Any = None) -> Iterator[None]:
    """Turns whatever the component's code raises in the block into `Broken`."""
    try:
        yield
    except (Broken, NotApplicable):
        raise
    except Exception as error:
        got = " ".join(f"{type(error).__name__}: {error}".split())[:400]
        raise Broken(expected, got, at).with_traceback(error.__traceback__) from error


def place(thing: Any, trace: TracebackType | None, home: Path | None) -> str:
    """``file:line``: where the component's own code raised, or else where ``thing`` is defined.

    ``home`` is the folder or file of the component's code.
    """
    frames = list(traceback.extract_tb(trace))
    frames = [frame for frame in frames if home and Path(frame.filename).is_relative_to(home)]
    if frames:
        return f"{frames[-1].filename}:{frames[-1].lineno}"
    try:
        return f"{inspect.getsourcefile(thing)}:{inspect.getsourcelines(thing)[1]}"
    except (OSError, TypeError):
        return "" if home is None else str(home)
