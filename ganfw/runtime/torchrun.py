"""torchrun for processes on this machine. Where a run ends early, they say why: torchrun's own
traceback would only hide it."""

from __future__ import annotations

import logging
import os
import signal
import sys

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main as torchrun


def main() -> None:
    """``python -m ganfw.runtime.torchrun``, with torchrun's options. Exits with the status of the
    process that failed first, or as shells do, with 128 and the number of a signal."""
    logging.disable(logging.ERROR)
    try:
        torchrun()
    except SignalException as stopped:
        # Not by sys.exit: a thread of torchrun's that still runs would abort the process.
        os._exit(128 + stopped.sigval)
    except ChildFailedError as failed:
        rank, failure = failed.get_first_failure()
        if failure.exitcode < 0:
            print(f"Error: {_killed(rank, signal.Signals(-failure.exitcode))}", file=sys.stderr)
        sys.exit(failure.exitcode if failure.exitcode > 0 else 128 - failure.exitcode)


def _killed(rank: int, number: signal.Signals) -> str:
    why = ", as the system does when memory runs out" if number.name == "SIGKILL" else ""
    return (
        f"process {rank} was killed by {number.name}{why}: ganfw resume goes on from the last "
        "checkpoint"
    )


if __name__ == "__main__":
    main()
