"""Scores: what may be one, and the file that keeps them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import filelock
from pydantic import JsonValue

from ..errors import PluginError
from ..runtime.logs import log
from ..storage import atomic
from ..storage.run_dir import RunDir
from .json_files import read_lines
from .records import ScoreRecord, numbers_in

_LOCK = ".scores.lock"


def checked_result(result: Mapping[str, Any], label: str) -> dict[str, JsonValue]:
    """What the metric ``label`` returned, as JSON values. Raises PluginError for a score that is
    not finite, and for what JSON can't hold."""
    try:
        plain: dict[str, JsonValue] = json.loads(json.dumps(dict(result)))
    except TypeError as error:
        raise PluginError(f"{label}: its scores are no plain values ({error})") from None
    bad = [name for name, value in numbers_in(plain) if not math.isfinite(value)]
    if bad:
        raise PluginError(f"{label}: {', '.join(bad)} is not finite")
    return plain


def read_scores(folder: RunDir) -> list[ScoreRecord]:
    """Every score of the run in ``folder``, the newest last. Raises RunError for a damaged file."""
    return read_lines(folder.scores, ScoreRecord)


def keep_scores(folder: RunDir, records: Sequence[ScoreRecord]) -> None:
    """Add ``records`` to the run's scores. A score that was computed before in the same way is
    replaced. Several processes may do so at once. If the disk refuses, that is logged: they took
    minutes to compute, and are still to be shown. Raises RunError for a damaged file."""
    if not records:
        return
    try:
        with filelock.FileLock(folder.path / _LOCK):
            kept: dict[str, ScoreRecord] = {}
            for record in [*read_scores(folder), *records]:
                kept.pop(_identity(record), None)  # what is computed again is the newest
                kept[_identity(record)] = record
            lines = "".join(record.to_line() for record in kept.values())
            atomic.write_text(folder.scores, lines)
    except OSError as error:
        reason = error.strerror or error
        log.warning(f"the scores are not kept: {folder.scores} can't be written: {reason}")


def _identity(record: ScoreRecord) -> str:
    """The same for scores that were computed in the same way."""
    values = (record.metric, record.version, record.options, record.step, record.weights,
              record.seed, record.data.fingerprint)  # fmt: skip
    return json.dumps(values)
