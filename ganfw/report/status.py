"""How a run ended, or how far it is, and what came of it, in a few words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Literal

import filelock

from ..runs.records import MetricsRow, Provenance
from ..storage.run_dir import RunDir

_RECENT = 100
"""Logged steps that a loss is the mean of, since one step's says little."""


@dataclass(frozen=True)
class Status:
    """How a run ended, or that it is being trained: a word, and a sentence that says more."""

    state: Literal["finished", "training", "stopped", "failed"]
    text: str


def is_training(folder: RunDir) -> bool:
    """Whether a process trains in ``folder`` now: it holds the folder's lock."""
    path = folder.path / ".lock"
    if not path.exists():
        return False
    try:
        filelock.FileLock(path, timeout=0).acquire().lock.release()
    except filelock.Timeout:
        return True
    except OSError:  # a folder that is only to be read
        pass
    return False


def status(provenance: Provenance, rows: Sequence[MetricsRow], path: str, training: bool) -> Status:
    """The status of the run in ``path``, whose log has ``rows``."""
    ended, total = provenance.ended, provenance.total_steps
    step = ended.step if ended else rows[-1].step if rows else 0
    at = f"step {step} of {total}" if total else f"step {step}"
    resume = f"To go on: ganfw resume {path}"
    if training:
        return Status("training", f"Still training: {at} logged so far.")
    if ended is None:
        return Status("stopped", f"Probably killed: no end was recorded, {at} logged. {resume}")
    if ended.failed:
        return Status("failed", f"Failed after {at}: {ended.failed}. {resume}")
    if ended.stopped:
        return Status("stopped", f"Stopped by {ended.stopped} after {at}. {resume}")
    return Status("finished", f"Finished: {at}.")


def facts(provenance: Provenance, rows: Sequence[MetricsRow]) -> dict[str, str]:
    """The data, losses, time, speed and device."""
    data, machine = provenance.data, provenance.machine
    found = {"Data": f"{data.trained_on}, {data.examples} samples"}
    if rows:
        recent = rows[-_RECENT:]
        count = f"last {len(recent)} logged"
        found |= {
            "Epoch": str(rows[-1].epoch),
            f"Loss of D, {count}": _shown(row.loss_D for row in recent),
            f"Loss of G, {count}": _shown(row.loss_G for row in recent),
            "Time": ", ".join([_time_in_steps(rows), *_time_from_start_to_end(provenance)]),
            "Speed": _speed(rows),
        }
    return found | {"Device": f"{machine.device} ({machine.device_name})"}


def warnings(provenance: Provenance, rows: Sequence[MetricsRow]) -> list[str]:
    """What a reader must not miss: data that was not what was asked for, and losses that were not
    finite."""
    found, data = [], provenance.data
    if data.asked != data.trained_on:
        found.append(f"Trained on '{data.trained_on}' in place of '{data.asked}'.")
    broken = [row.step for row in rows if not row.is_finite]
    if broken:
        count = f"{len(broken)} of {len(rows)} logged steps"
        found.append(f"A loss was not finite in {count}, first in step {broken[0]}.")
    return found


def finite_mean(values: Iterable[float]) -> float | None:
    """The mean of the finite ones, if there are any."""
    finite = [value for value in values if math.isfinite(value)]
    try:
        return fmean(finite) if finite else None
    except OverflowError:
        return None


def duration(seconds: float) -> str:
    """Such as "3 min 20 s"."""
    if not math.isfinite(seconds):
        return "unknown time"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _examples(rows: Sequence[MetricsRow]) -> list[int]:
    """The examples that each row stands for: it may be the only one that is logged of several
    steps, those since the row before it."""
    before = [0, *(row.step for row in rows)]
    return [(row.step - last) * row.examples for row, last in zip(rows, before, strict=False)]


def _seconds_in_steps(rows: Sequence[MetricsRow]) -> float:
    """The time that the steps took, without what lies between them: scoring, saving, drawing."""
    return sum(
        examples / row.examples_per_second
        for row, examples in zip(rows, _examples(rows), strict=True)
        if row.examples_per_second > 0
    )


def _time_in_steps(rows: Sequence[MetricsRow]) -> str:
    text = f"{duration(_seconds_in_steps(rows))} in steps"
    if len(rows) == rows[-1].step:
        return text
    return f"about {text}, by the speed of the {len(rows)} that are logged"


def _time_from_start_to_end(provenance: Provenance) -> list[str]:
    """Nothing for a run that has not ended, or with a pause in between."""
    if provenance.resumed or provenance.ended is None:
        return []
    try:
        start = datetime.fromisoformat(provenance.started)
        end = datetime.fromisoformat(provenance.ended.when)
        seconds = (end - start).total_seconds()
    except (ValueError, TypeError):  # TypeError where only one has a time zone
        return []
    if seconds < 0:  # the clock was set back meanwhile
        return []
    return [f"{duration(seconds)} from start to end"]


def _speed(rows: Sequence[MetricsRow]) -> str:
    seconds = _seconds_in_steps(rows)
    return f"{sum(_examples(rows)) / seconds:,.0f} examples/s" if seconds else "not known"


def _shown(losses: Iterable[float]) -> str:
    mean = finite_mean(losses)
    return "not finite" if mean is None else f"{mean:.3f}"
