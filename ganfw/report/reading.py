"""The files of a run's folder, read for a report: of a run that is over, in training or killed."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import RunError
from ..rundir import RunDir

_NEEDED: Mapping[str, Mapping[str, type]] = {
    "": {"argv": list, "started": str, "seed": int, "data": dict, "machine": dict,
         "versions": dict, "resumed": list},
    "data": {"trained_on": str, "asked": str, "fingerprint": str, "examples": int},
    "machine": {"device": str, "device_name": str, "platform": str, "python": str},
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A logged step; ``rate`` is in examples per second. A loss that is not finite is None."""

    step: int
    epoch: int
    examples: int
    rate: float
    loss_D: float | None
    loss_G: float | None


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turns what goes wrong in the block, where ``path`` does not hold what ganfw writes there,
    into a RunError that names it."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise RunError(f"{path} can't be read: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{path} can't be read: it holds what ganfw never wrote ({error})") from None


def read_record(folder: RunDir) -> dict[str, Any]:
    """The run's provenance, with all that a report needs. Raises RunError where it is missing."""
    record: object = folder.read_provenance()
    for part, needed in _NEEDED.items():
        values = record[part] if part and isinstance(record, dict) else record
        known = values if isinstance(values, dict) else {}
        lacking = [name for name, kind in needed.items() if not isinstance(known.get(name), kind)]
        if lacking:
            where = f"{folder.provenance} ({part})" if part else str(folder.provenance)
            raise RunError(f"{where} is no run's, or damaged: it lacks {', '.join(lacking)}")
    return folder.read_provenance()


def read_log(folder: RunDir) -> list[Row]:
    """Every whole line of the metrics log. Raises RunError if it is damaged."""
    with damage_named(folder.metrics):
        return [_row(json.loads(line)) for line in _whole_lines(folder.metrics)]


def read_options(folder: RunDir) -> dict[str, str]:
    """The resolved run, every value by its path. Raises RunError if it is damaged."""
    with damage_named(folder.config):
        return dict(_flat("", tomllib.loads(folder.config.read_text(encoding="utf-8"))))


def read_warnings(folder: RunDir) -> list[str]:
    """What was noticed while training. Raises RunError if it is damaged."""
    path = folder.path / "warnings.jsonl"
    with damage_named(path):
        found = map(json.loads, _whole_lines(path))
        return [f"Step {each['step']}: {each['text']}" for each in found]


def _whole_lines(path: Path) -> list[str]:
    """The lines of ``path``, less a last one that is being written, or was when its run died."""
    if not path.is_file():
        return []
    content = path.read_bytes()
    return content[: content.rfind(b"\n") + 1].decode().splitlines()


def _row(values: Mapping[str, Any]) -> Row:
    return Row(
        int(values["step"]),
        int(values["epoch"]),
        int(values["examples"]),
        float(values["examples_per_second"]),
        _finite(values["loss_D"]),
        _finite(values["loss_G"]),
    )


def _finite(value: Any) -> float | None:
    """None for nan and infinity, which the log writes as text."""
    number = float(value)
    return number if math.isfinite(number) else None


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        parts = [(f"{prefix}.{key}" if prefix else key, each) for key, each in value.items()]
    elif isinstance(value, list) and value and all(_is_filling(each) for each in value):
        parts = [(f"{prefix}.{each['use'].rpartition('/')[2]}", each) for each in value]
    else:
        return [(prefix, _shown(value))]
    return [pair for path, each in parts for pair in _flat(path, each)]


def _is_filling(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("use"), str)


def _shown(value: Any) -> str:
    """A TOML value as a reader expects it: text without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
