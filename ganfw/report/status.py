"""How a run ended, or how far it is, and what came of it, in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import filelock

from ..runs.records import Row
from ..storage.run_dir import RunDir

_RECENT = 100
"""Logged steps that a loss is the mean of, since one step's says little."""


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


def state(
    record: Mapping[str, Any], rows: Sequence[Row], path: str, training: bool
) -> tuple[str, str]:
    """A word for how the run stands (finished, training, stopped, failed, unknown) and a sentence
    that says it."""
    ended = record.get("ended") or {}
    at = _steps(ended.get("step", rows[-1].step if rows else 0), record)
    go_on = f"To go on: ganfw resume {path}"
    if training:
        return "training", f"Still training: {at} logged so far."
    if ended.get("failed"):
        return "failed", f"Failed after {at}: {ended['failed']}. {go_on}"
    if ended.get("stopped"):
        return "stopped", f"Stopped by {ended['stopped']} after {at}. {go_on}"
    if ended:
        return "finished", f"Finished: {at}."
    if "total_steps" in record:
        return "stopped", f"Ended unannounced, as a killed run does: {at} logged. {go_on}"
    return "unknown", f"{at[0].upper()}{at[1:]} logged; how the run ended was not recorded."


def facts(record: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, str]:
    """The data, losses, time, speed and device."""
    data, machine = record["data"], record["machine"]
    found = {"Data": f"{data['trained_on']}, {data['examples']} samples"}
    if rows:
        recent = rows[-_RECENT:]
        count = f"last {len(recent)} logged"
        found |= {
            "Epoch": str(rows[-1].epoch),
            f"Loss of D, {count}": _mean([row.loss_D for row in recent]),
            f"Loss of G, {count}": _mean([row.loss_G for row in recent]),
            "Time": ", ".join([_time_in_steps(rows), *_whole_time(record)]),
            "Speed": _speed(rows),
        }
    return found | {"Device": f"{machine['device']} ({machine['device_name']})"}


def alarms(record: Mapping[str, Any], rows: Sequence[Row]) -> list[str]:
    """What a reader must not miss: data that was not what was asked for, losses past counting."""
    found, data = [], record["data"]
    if data["asked"] != data["trained_on"]:
        found.append(f"Trained on '{data['trained_on']}' in place of '{data['asked']}'.")
    broken = [row.step for row in rows if row.loss_D is None or row.loss_G is None]
    if broken:
        count = f"{len(broken)} of {len(rows)} logged steps"
        found.append(f"A loss was not finite in {count}, first in step {broken[0]}.")
    return found


def seconds_in_steps(rows: Sequence[Row]) -> float:
    """The time that the steps took. The log may hold every n-th alone, so that each line stands
    for the steps since the one before it, at its own speed; what lies between steps (judging,
    saving, drawing) is not in it."""
    steps = [row.step - before for row, before in zip(rows, _steps_before(rows), strict=True)]
    return sum(
        count * row.examples / row.rate
        for count, row in zip(steps, rows, strict=True)
        if row.rate > 0
    )


def duration(seconds: float) -> str:
    """Such as "3 min 20 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _steps(step: int, record: Mapping[str, Any]) -> str:
    total = record.get("total_steps")
    return f"step {step} of {total}" if total else f"step {step}"


def _steps_before(rows: Sequence[Row]) -> list[int]:
    return [0, *(row.step for row in rows[:-1])]


def _time_in_steps(rows: Sequence[Row]) -> str:
    whole = len(rows) == rows[-1].step
    text = f"{duration(seconds_in_steps(rows))} in steps"
    return text if whole else f"about {text}, by the speed of the {len(rows)} that are logged"


def _whole_time(record: Mapping[str, Any]) -> list[str]:
    """From start to end, where no pause lies between."""
    ended = record.get("ended") or {}
    if record["resumed"] or "when" not in ended:
        return []
    try:
        began, over = (datetime.fromisoformat(each) for each in (record["started"], ended["when"]))
    except ValueError:
        return []
    return [f"{duration((over - began).total_seconds())} from start to end"]


def _speed(rows: Sequence[Row]) -> str:
    before = _steps_before(rows)
    seen = sum((row.step - last) * row.examples for row, last in zip(rows, before, strict=True))
    seconds = seconds_in_steps(rows)
    return f"{seen / seconds:,.0f} examples/s" if seconds else "not known"


def _mean(values: Sequence[float | None]) -> str:
    finite = [value for value in values if value is not None]
    return f"{sum(finite) / len(finite):.3f}" if finite else "not finite"
