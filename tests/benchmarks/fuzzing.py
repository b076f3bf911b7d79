"""What came of one hostile input, for the scripts ``fuzz_*.py``, and bytes changed at random.

An input may be read, or refused by one of ganfw's own errors, whose message is one line. All else
is a finding: any other exception, ten seconds of a processor, a gigabyte of memory more.
"""

from __future__ import annotations

import resource
import signal
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from ganfw import GanfwError, SkipItem

SECONDS, MEMORY = 10, 2**30


class TooSlow(BaseException):
    """No ``except Exception`` takes it for damage."""


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow


@dataclass
class Judge:
    """Tries one input after another and counts what came of them."""

    came: Counter[str] = field(default_factory=Counter)
    last: str = ""

    def __post_init__(self) -> None:
        signal.signal(signal.SIGPROF, _too_slow)

    def is_new(self, attempt: Callable[[], object]) -> str | None:
        """What ``attempt`` found, if no attempt before found the same."""
        before = memory()  # hypothesis takes some too, little by little
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        result = _outcome(attempt)
        signal.setitimer(signal.ITIMER_PROF, 0)
        if memory() > before + MEMORY:
            result = f"{(memory() - before) / 2**20:.0f} MiB more"
        self.came[result] += 1
        self.last = result
        known = result in ("read", "refused") or self.came[result] > 1
        return None if known else result


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (GanfwError, SkipItem) as reason:
        lines = str(reason).splitlines()
        return "refused" if len(lines) == 1 else f"a message of {len(lines)} lines{_place(reason)}"
    except TooSlow as error:
        return f"more than {SECONDS} s{_place(error)}"
    except Exception as error:
        return f"{type(error).__name__}{_place(error)}"
    return "read"


def _place(error: BaseException) -> str:
    """Where in ganfw it was raised, or what of ganfw called it."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/ganfw" in frame.filename.replace("\\", "/")]
    last = (ours or frames)[-1]
    return f" at {'/'.join(last.filename.split('/')[-2:])}:{last.lineno}"


def memory() -> int:
    """The most that this process has taken, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
