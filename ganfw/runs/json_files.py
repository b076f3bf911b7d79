"""JSON files as typed records: one object in a file, or one a line in a log."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from ..errors import RunError
from ..storage.names import as_text


class Record(BaseModel):
    """One JSON object. Fields that a newer release added are kept, and written again; a field that
    was never set is not written."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def to_json(self) -> str:
        """The text of a file of its own, for people to read."""
        return as_text(json.dumps(self._written(), indent=2, ensure_ascii=False)) + "\n"

    def to_line(self) -> str:
        """A line of a log, with its newline."""
        return as_text(json.dumps(self._written(), ensure_ascii=False)) + "\n"

    def _written(self) -> dict[str, JsonValue]:
        return self.model_dump(mode="json", exclude_unset=True)


AnyRecord = TypeVar("AnyRecord", bound=Record)


class _Head(Record):
    """What can be read of any release's file."""

    format: int = 0
    versions: dict[str, str] = {}


def read_json(path: Path, model: type[AnyRecord], newest: int) -> AnyRecord:
    """The record in ``path``. Raises RunError where it is missing, damaged, or of a format above
    ``newest``, which a newer ganfw wrote."""
    content, damaged = _read(path), f"{path} can't be read: "
    head = _parse(content, _Head, damaged)
    if head.format > newest:
        release = head.versions.get("ganfw")
        raise RunError(
            f"{path} was made by a newer ganfw (format {head.format}, this one reads up to "
            f"{newest}): install {f'ganfw>={release}' if release else 'a newer ganfw'}"
        )
    return _parse(content, model, damaged)


def read_lines(path: Path, model: type[AnyRecord]) -> list[AnyRecord]:
    """The records in a log; none where there is no such file. A last line that is being written,
    or was when its run was killed, is left out. Raises RunError that names the damaged line."""
    return list(_lines(path, model)) if path.is_file() else []


def _lines(path: Path, model: type[AnyRecord]) -> Iterator[AnyRecord]:
    *whole, last = _read(path).split(b"\n")
    for number, line in enumerate(whole, 1):
        yield _parse(line, model, f"{path} can't be read: line {number}: ")
    with contextlib.suppress(ValidationError):
        yield model.model_validate_json(last)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RunError(f"{path} can't be read: {error.strerror}") from None


def _parse(content: bytes, model: type[AnyRecord], damaged: str) -> AnyRecord:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise RunError(damaged + _problem(error)) from None


def _problem(error: ValidationError) -> str:
    """All fields that are missing, or else the first thing that is wrong."""
    problems = [(".".join(map(str, problem["loc"])), problem) for problem in error.errors()]
    missing = [field for field, problem in problems if problem["type"] == "missing"]
    if missing:
        return f"it lacks {', '.join(missing)}"
    field, problem = problems[0]
    # Of a log's line, a line that counts from 1 would only confuse.
    text = problem["msg"].replace("at line 1 column", "at column")
    return f"{field}: {text}" if field else text
