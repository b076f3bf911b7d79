"""How a run ends early: signals, and memory that runs out."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import torch

from ..config.schema import TrainOptions
from ..errors import TrainingError
from ..interfaces.run_view import Requests


@contextmanager
def explain_out_of_memory(train: TrainOptions) -> Iterator[None]:
    """Raises TrainingError, saying what to try, if memory runs out."""
    try:
        yield
    except RuntimeError as error:
        # CUDA and MPS have a class for it, the CPU's allocator has none.
        if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        batch, parts = train.batch_size, train.accumulate
        raise TrainingError(
            f"out of memory with batches of {batch}: try -s train.accumulate={parts * 2}, which "
            f"splits them, or -s train.batch_size={max(batch // 2, 1)}"
        ) from error


@contextmanager
def stop_on_signals(requests: Requests) -> Iterator[None]:
    """SIGINT and SIGTERM ask the trainer to stop; a second one ends the program at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if requests.stop:
            raise KeyboardInterrupt
        requests.stop = signal.Signals(number).name

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
