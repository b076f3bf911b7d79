"""How a run ends early: signals, and memory that runs out."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import torch

from ..config.schema import TrainOptions
from ..errors import TrainingError
from ..interfaces.run_view import Requests
from ..runtime.launcher import wishes

_ONCE = 0.5  # seconds; within them, a signal that comes twice is one wish


@contextmanager
def explain_out_of_memory(train: TrainOptions) -> Iterator[None]:
    """Raises TrainingError, saying what to try, if memory runs out."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        # CUDA and MPS have a class for it, the CPU's allocator has none.
        known = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if not known and "allocate memory" not in str(error):
            raise
        batch, parts = train.batch_size, train.accumulate
        raise TrainingError(
            f"out of memory with batches of {batch}: try -s train.accumulate={parts * 2}, which "
            f"splits them, or -s train.batch_size={max(batch // 2, 1)}"
        ) from error


@contextmanager
def stop_on_signals(requests: Requests) -> Iterator[None]:
    """SIGINT, SIGTERM, SIGHUP (the terminal is gone) and SIGUSR1 (Slurm's warning before a time
    limit) ask the trainer to stop. A second SIGINT or SIGTERM ends the program at once.

    The others often come twice, or together with SIGTERM, while the run is still being saved. Both
    a terminal and a program in between (uv, srun, a container) may pass on one Ctrl-C, so that what
    comes again at once is no second.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: dict[int, float] = {}

    def stop(number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        since = now - came.setdefault(number, now)
        if since > _ONCE and number in (signal.SIGINT, signal.SIGTERM):
            raise KeyboardInterrupt
        requests.stop = requests.stop or signal.Signals(number).name

    before = {number: signal.signal(number, stop) for number in wishes()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
