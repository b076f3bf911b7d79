"""Every step's losses in ``metrics.jsonl``: one JSON object a line."""

from __future__ import annotations

import os

from ganfw import Callback, Checkpoint, Log, MetricsRow, StepMetrics, TrainStart

from .disk import writing
from .options import MetricsLogOptions


class MetricsLog(Callback):
    """Appends a `ganfw.MetricsRow` for each step, or for every ``every``-th. Raises RunError if the
    disk refuses."""

    options: MetricsLogOptions

    def on_train_start(self, event: TrainStart) -> None:
        """Cut the file back to the steps that are done, so that a resumed run repeats no line; a
        new run begins with an empty file."""
        self._path = event.run.folder.metrics
        with writing(self._path):
            content = self._path.read_bytes() if self._path.exists() else None
            kept = lines_up_to(content or b"", event.step)
            if kept != content:
                event.run.folder.write(self._path.name, kept)

    def on_log(self, event: Log) -> None:
        every = self.options.every
        rows = [row for row in event.rows if row.step % every == 0]
        lines = "".join(line(row, event.examples_per_second) for row in rows)
        # Opened each time: a file that is never left open is never left half flushed.
        with writing(self._path), self._path.open("ab") as file:
            file.write(lines.encode())

    def on_checkpoint(self, event: Checkpoint) -> None:
        """Have the disk keep every line up to the checkpoint, since a resume goes on from there."""
        with writing(self._path), self._path.open("ab") as file:
            os.fsync(file.fileno())


def line(row: StepMetrics, examples_per_second: float) -> str:
    """``row`` as it is written, with its newline."""
    return MetricsRow(
        step=row.step,
        epoch=row.epoch,
        examples=row.examples,
        loss_D=row.loss_D,
        loss_G=row.loss_G,
        examples_per_second=round(examples_per_second, 3),
        terms=dict(row.terms),
    ).to_line()


def lines_up_to(content: bytes, step: int) -> bytes:
    """The whole lines of ``content`` for steps up to ``step``, each step once."""
    kept, last = [], 0
    for text in content.splitlines(keepends=True):
        found = _step_of(text)
        if found is not None and last < found <= step:
            kept.append(text)
            last = found
    return b"".join(kept)


def _step_of(content: bytes) -> int | None:
    """The step of one line, or None for a line that is cut off or damaged."""
    if not content.endswith(b"\n"):
        return None
    try:
        return MetricsRow.model_validate_json(content).step
    except ValueError:
        return None
