"""How a broken contract is told: what was expected, what came, and which line of whose file."""

from __future__ import annotations

import inspect
import traceback
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any


class ContractFailure(AssertionError):
    """A component that does not keep its contract."""

    def __init__(self, subject: str, title: str, expected: str, got: str, at: str) -> None:
        lines = [f"{subject}: {title}", f"  expected  {expected}", f"  got       {got}"]
        super().__init__("\n".join([*lines, f"  at        {at}"] if at else lines))
        self.subject = subject
        self.title = title
        self.expected = expected
        self.got = got
        self.at = at


class NotApplicable(unittest.SkipTest):
    """A check that means nothing for this component, or can't be made here; pytest skips it."""


class Broken(Exception):
    """Raised by a check: what was expected, what came, and the function or class to look at."""

    def __init__(self, expected: str, got: str, at: Any = None) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected = expected
        self.got = got
        self.at = at


@contextmanager
def expecting(expected: str, at: Any = None) -> Iterator[None]:
    """Turns whatever the component's code raises in the block into `Broken`."""
    try:
        yield
    except (Broken, NotApplicable):
        raise
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        broken = Broken(expected, text[:400], at)
        raise broken.with_traceback(error.__traceback__) from error


def place(thing: Any, trace: TracebackType | None, home: Path | None) -> str:
    """``file:line``: where the component's own code raised, or else where ``thing`` is defined.

    ``home`` is the folder or file of the component's code.
    """
    frames = [each for each in traceback.extract_tb(trace) if _is_within(each.filename, home)]
    if frames:
        return f"{frames[-1].filename}:{frames[-1].lineno}"
    try:
        return f"{inspect.getsourcefile(thing)}:{inspect.getsourcelines(thing)[1]}"
    except (OSError, TypeError):
        return "" if home is None else str(home)


def _is_within(filename: str, home: Path | None) -> bool:
    return home is not None and Path(filename).is_relative_to(home)
