"""How far the run is: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from ganfw import Callback, EpochEnd, Failure, Log, RunView, StepEnd, TrainEnd, TrainStart, log

from .options import ProgressOptions

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

BAR_WIDTH = 24
"""Largest width of the bar, in columns; it shrinks on a narrow terminal."""


class Progress(Callback):
    """Shows epoch, step, losses, speed and the time left.

    The live line is drawn by a thread four times a second, so a step costs two assignments. While
    it is up, whatever is written to stderr appears above it.
    """

    options: ProgressOptions
    _run: RunView
    _live: Live | None = None
    _losses = ""
    _seconds_per_step: float | None = None

    def on_train_start(self, event: TrainStart) -> None:
        self._run, self._step, self._epoch = event.run, event.step, event.epoch
        self._printed = time.monotonic()
        if _is_terminal():
            self._start_live()

    def on_step_end(self, event: StepEnd) -> None:
        self._step, self._epoch = event.step, event.epoch

    def on_log(self, event: Log) -> None:
        rows = event.rows
        loss_d = sum(row.loss_D for row in rows) / len(rows)
        loss_g = sum(row.loss_G for row in rows) / len(rows)
        examples = sum(row.examples for row in rows) / len(rows)
        self._seconds_per_step = examples / max(event.examples_per_second, 1e-9)
        self._losses = _losses(loss_d, loss_g, event.examples_per_second)
        # At the end of an epoch, its own line follows at once.
        if rows[-1].step % event.run.steps_per_epoch:
            self._print(self.options.seconds)

    def on_epoch_end(self, event: EpochEnd) -> None:
        self._losses = _losses(event.loss_D, event.loss_G, event.examples_per_second)
        self._print(0)

    def on_train_end(self, event: TrainEnd) -> None:
        self._stop_live()

    def on_failure(self, event: Failure) -> None:
        self._stop_live()

    def _print(self, seconds: float) -> None:
        """A plain line, unless there is a live one or the last is less than ``seconds`` old."""
        now = time.monotonic()
        if self._live is None and now - self._printed >= seconds:
            log.info("  ".join(self._parts()))
            self._printed = now

    def _parts(self) -> list[str]:
        run = self._run
        position = [f"epoch {self._epoch}/{run.epochs}", f"step {self._step}/{run.total_steps}"]
        return [part for part in (*position, self._losses, self._eta()) if part]

    def _eta(self) -> str:
        left = self._run.total_steps - self._step
        if self._seconds_per_step is None or left <= 0:
            return ""
        return f"eta {duration(left * self._seconds_per_step)}"

    def _start_live(self) -> None:
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True)
        # If stdout is a file or a pipe, what is printed there must not end up on the terminal.
        self._live = Live(
            console=console,
            get_renderable=lambda: self._line(console.width, console.encoding),
            redirect_stdout=sys.stdout.isatty(),
        )
        self._live.start()

    def _stop_live(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _line(self, width: int, encoding: str) -> Text:
        from rich.text import Text

        parts = self._parts()
        room = min(BAR_WIDTH, width - len("  ".join(parts)) - 3)
        if room > 2:
            parts.insert(2, bar(self._step / self._run.total_steps, room, encoding))
        return Text("  ".join(parts), no_wrap=True, overflow="crop")


def bar(fraction: float, width: int, encoding: str = "utf-8") -> str:
    """``width`` characters, ``fraction`` of them (0 to 1) full; ASCII if the encoding needs it."""
    full = int(min(max(fraction, 0.0), 1.0) * width)
    try:
        "▓░".encode(encoding)
    except UnicodeEncodeError:
        return "#" * full + "-" * (width - full)
    return "▓" * full + "░" * (width - full)


def duration(seconds: float) -> str:
    """``seconds`` in words as short as ``9s``, ``1m10s``, ``2h05m``."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{seconds:02d}s" if minutes else f"{seconds}s"


def _losses(loss_d: float, loss_g: float, rate: float) -> str:
    return f"D {loss_d:.2f}  G {loss_g:.2f}  {rate:.0f} examples/s"


def _is_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
