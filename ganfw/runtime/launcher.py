"""One process per GPU on this machine: starting them, passing signals on, and ending them together.

torchrun does this for many machines. On one it would stand in the way of a wish to stop: signals
that it does not know end it and leave its processes behind, and it takes a run that was stopped
for one that failed.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from .terminal import print_line

_WISHES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGBREAK")
"""The signals that ask a run to stop."""

_POLL = 0.1
_GRACE = 10.0  # seconds that the others have once one has failed
_TOGETHER = "LOCAL_RANK"  # torchrun sets it as well


def is_launched() -> bool:
    """Whether this is one of several processes already."""
    return _TOGETHER in os.environ


def launch(command: Sequence[str], count: int) -> int:
    """Run ``command`` in ``count`` processes that know of each other, until all have ended.

    Signals that ask to stop are passed on to each. When one process fails, the others soon end
    too. Returns the exit status: that of the first to fail, or 0.
    """
    started: list[subprocess.Popen[bytes]] = []
    variables = _variables(count)
    with _passing_on(started):
        for rank in range(count):
            own = {"RANK": str(rank), _TOGETHER: str(rank)}
            # A session of its own: a Ctrl-C reaches this process alone, which passes it on once.
            started.append(
                subprocess.Popen(command, env={**variables, **own}, start_new_session=True)
            )
        return _wait(started)


def _variables(count: int) -> Mapping[str, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    threads = str(max((os.cpu_count() or 1) // count, 1))
    where = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return {"OMP_NUM_THREADS": threads, **os.environ, **where, "LOCAL_WORLD_SIZE": str(count)}


def _wait(processes: Sequence[subprocess.Popen[bytes]]) -> int:
    """The exit status of all. The first that a signal ended is the reason that the others fail."""
    deadline = float("inf")
    # All are asked each time: one that waits for another has not ended.
    while None in (statuses := [process.poll() for process in processes]):
        if deadline == float("inf") and any(statuses):
            deadline = time.monotonic() + _GRACE
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL)
    ended = [process.returncode or 0 for process in processes]
    _kill(processes)
    status = min(ended)
    if status >= 0:
        return max(ended)
    print_line(f"Error: {_killed(ended.index(status), signal.Signals(-status))}")
    return 128 - status


def _killed(rank: int, number: signal.Signals) -> str:
    why = ", as the system does when memory runs out" if number.name == "SIGKILL" else ""
    return (
        f"process {rank} was killed by {number.name}{why}: ganfw resume goes on from the last "
        "checkpoint"
    )


def _kill(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        with suppress(OSError):
            process.kill()
        process.wait()


@contextmanager
def _passing_on(processes: Sequence[subprocess.Popen[bytes]]) -> Iterator[None]:
    """Pass on what asks to stop; processes that still run when the block fails are killed."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        for process in processes:
            with suppress(OSError):
                process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in wishes()}
    try:
        yield
    except BaseException:
        _kill(processes)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wishes() -> list[signal.Signals]:
    """The signals that ask to stop, where the platform has them. A SIGHUP that is ignored already
    stays so: the run was started with nohup."""
    known = signal.Signals.__members__
    found = [known[name] for name in _WISHES if name in known]
    return [it for it in found if it.name != "SIGHUP" or signal.getsignal(it) != signal.SIG_IGN]
