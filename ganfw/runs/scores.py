"""Records of scores: what is in them, and the file that keeps them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import filelock

from ..errors import PluginError, RunError
from ..storage import atomic

Record = dict[str, Any]
"""One metric's judgement: its ``result``, and all that made it."""

_LOCK = ".scores.lock"


def check_plain(result: Mapping[str, Any], label: str) -> None:
    """Raises PluginError for a score that is no finite number, or a record that JSON can't hold."""
    bad = [name for name, each in _leaves(result) if not math.isfinite(each)]
    if bad:
        raise PluginError(f"{label}: {', '.join(bad)} is not finite")
    try:
        json.dumps(result)
    except TypeError as error:
        raise PluginError(f"{label}: its scores are no plain values ({error})") from None


def main_score(record: Record) -> float | None:
    """The score that tells better from worse, if the metric names one."""
    value = record["result"].get(record["main"])
    return float(value) if isinstance(value, int | float) else None


def numbers(record: Record) -> dict[str, float]:
    """The floats of a record's result: its scores, the rest being how they were made."""
    return {key: each for key, each in record["result"].items() if isinstance(each, float)}


def findings(record: Record) -> dict[str, float]:
    """All that was found, by name: floats, those in mappings as ``mapping/key``, and whole numbers
    but for the options, the seeds and the counts of samples that the result repeats."""
    return {
        name: value
        for name, value in _leaves(record["result"])
        if isinstance(value, float) or not _tells_making(name, record)
    }


def in_short(record: Record) -> str:
    """The main score, or all of them, in a few words."""
    score = main_score(record)
    shown = numbers(record) if score is None else {record["main"]: score}
    return ", ".join(f"{name} {value:.4g}" for name, value in shown.items())


def read_scores(path: Path) -> list[Record]:
    """All records in ``scores.jsonl``, oldest first. Raises RunError if it is damaged."""
    if not path.is_file():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise RunError(f"{path} can't be read: {error}") from None


def keep_scores(path: Path, records: Sequence[Record]) -> None:
    """Add ``records`` to ``scores.jsonl``; a judgement made again replaces the earlier one. Several
    processes may do so at once.

    Raises RunError if the disk refuses.
    """
    if not records:
        return
    try:
        with filelock.FileLock(path.with_name(_LOCK)):
            kept: dict[str, Record] = {}
            for each in [*read_scores(path), *records]:
                kept.pop(_identity(each), None)  # what is made again is the newest
                kept[_identity(each)] = each
            atomic.write_text(path, "".join(json.dumps(each) + "\n" for each in kept.values()))
    except OSError as error:
        raise RunError(f"{path} can't be written: {error.strerror}") from None


def _identity(record: Record) -> str:
    keys = ("metric", "version", "options", "step", "weights", "seed")
    return json.dumps([*(record[key] for key in keys), record["data"]["fingerprint"]])


def _leaves(values: Mapping[str, Any], parent: str = "") -> Iterator[tuple[str, float]]:
    """Every number of a result, those in mappings under ``mapping/key``."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{parent}{key}/")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{parent}{key}", value


def _tells_making(name: str, record: Record) -> bool:
    return name in record["options"] or name.endswith(("samples", "seed"))
