"""Warnings of libraries ignored for a while, by several threads at once."""

from __future__ import annotations

import threading
import warnings


class _Quiet:
    """``with quiet:`` ignores warnings until the last thread has left its block.

    ``warnings.catch_warnings`` alone is not made for threads: one that leaves would bring back the
    filters of another, and ignoring would go on for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._kept = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._kept = warnings.catch_warnings(action="ignore")
                self._kept.__enter__()
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._kept.__exit__(None, None, None)


quiet = _Quiet()
