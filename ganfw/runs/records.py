"""The files of a run's folder, read for a report: of a run that is over, in training or killed."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..errors import RunError
from ..storage.run_dir import RunDir

SampleOrigin = TypeVar("SampleOrigin")

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
def damage_named(path: Path, line: int | None = None) -> Iterator[None]:
    """Turns what goes wrong in the block, where ``path`` does not hold what ganfw writes there,
    into a RunError that names it, and the ``line`` of it."""
    where = f"{path} can't be read: " + ("" if line is None else f"line {line}: ")
    try:
        yield
    except json.JSONDecodeError as error:
        raise RunError(f"{where}{error.msg} at column {error.colno}") from None
    except (OSError, ValueError) as error:
        raise RunError(f"{where}{error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{where}it holds what ganfw never wrote ({error})") from None


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
    return _each_line(folder.metrics, _row)


def read_options(folder: RunDir) -> dict[str, str]:
    """The resolved run, every value by its path. Raises RunError if it is damaged."""
    with damage_named(folder.config):
        return dict(_flat("", tomllib.loads(folder.config.read_text(encoding="utf-8"))))


def read_warnings(folder: RunDir) -> list[str]:
    """What was noticed while training. Raises RunError if it is damaged."""
    path = folder.path / "warnings.jsonl"
    return _each_line(path, lambda each: f"Step {each['step']}: {each['text']}")


def _each_line(path: Path, make: Callable[[Any], SampleOrigin]) -> list[SampleOrigin]:
    """``make`` of what each whole line of ``path`` holds. Raises RunError that names the line."""
    with damage_named(path):
        lines = _whole_lines(path)
    made = []
    for number, line in enumerate(lines, 1):
        with damage_named(path, number):
            made.append(make(json.loads(line.decode())))
    return made


def _whole_lines(path: Path) -> list[bytes]:
    """The lines of ``path``, less a last one that is being written, or was when its run died."""
    return path.read_bytes().split(b"\n")[:-1] if path.is_file() else []


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
