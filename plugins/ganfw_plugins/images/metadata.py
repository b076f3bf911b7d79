"""Labels from ``metadata.csv`` or ``metadata.jsonl`` beside pictures, as Hugging Face's image
folders have them: a row for each picture, with its ``file_name`` from there and more columns."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from ganfw import DataError, PictureList, log

FILES = ("metadata.csv", "metadata.jsonl")
COLUMN = "label"
"""The column of labels where none is named; without it, folders are the classes."""

_FILE_NAME = "file_name"
_NUMBER = re.compile(r"-?\d{1,99}")


def with_metadata(
    pictures: PictureList,
    names: Iterable[str],
    read: Callable[[str], bytes],
    column: str | None,
) -> tuple[PictureList, tuple[str, ...]]:
    """``pictures`` with the labels that files among ``names`` give them, and these files; both as
    they were if there are none. Pictures without a label are left out, which is logged.

    ``read`` gives a file's content. Raises DataError for a file that can't be read, for one without
    the ``column`` asked for, and for labels that are neither words nor whole numbers.
    """
    files = tuple(sorted(name for name in names if _is_metadata(name)))
    found: dict[str, str] = {}
    for name in files:
        for file_name, label in _labels(name, read(name), column):
            found[str(PurePosixPath(name).parent / file_name)] = label
    if not found:
        if column is not None:
            raise DataError(f"no {' or '.join(FILES)} gives labels in a column '{column}'")
        return pictures, ()
    return _labelled(pictures, found), files


def _is_metadata(name: str) -> bool:
    path = PurePosixPath(name)
    return path.name in FILES and not any(part.startswith(".") for part in path.parts)


def _labelled(pictures: PictureList, found: Mapping[str, str]) -> PictureList:
    known = [name for name in pictures.names if name in found]
    if not known:
        raise DataError(f"the metadata names no picture that is there: {min(found)}, …")
    if left := len(pictures.names) - len(known):
        first = next(name for name in pictures.names if name not in found)
        log.info(f"{left} pictures without a label in the metadata are left out: {first}, …")
    classes = tuple(sorted({found[name] for name in known}, key=_in_order))
    index = {label: number for number, label in enumerate(classes)}
    labels = tuple(index[found[name]] for name in known)
    return replace(pictures, names=tuple(known), labels=labels, classes=classes)


def _in_order(label: str) -> tuple[int, int, str]:
    """Numbers in their order, before words."""
    return (0, int(label), "") if _NUMBER.fullmatch(label) else (1, 0, label)


def _labels(name: str, content: bytes, column: str | None) -> Iterator[tuple[str, str]]:
    """(file_name, label) of each row that has both."""
    try:
        for number, row in enumerate(_rows(name, content.decode("utf-8-sig")), 1):
            file_name, label = row.get(_FILE_NAME), row.get(column or COLUMN)
            if isinstance(label, bool) or not isinstance(label, (str, int, type(None))):
                raise DataError(f"{name}: row {number} has the label {label!r}: no word or number")
            if isinstance(file_name, str) and label not in (None, ""):
                yield file_name, str(label)
    except (csv.Error, ValueError, RecursionError) as error:
        raise DataError(
            f"{name} can't be read ({error}); without labels: -s data.labels=false"
        ) from error


def _rows(name: str, text: str) -> Iterator[Mapping[str, object]]:
    if name.endswith(".csv"):
        yield from csv.DictReader(io.StringIO(text, newline=""), strict=True)
        return
    for line in filter(None, map(str.strip, text.split("\n"))):
        row = json.loads(line)
        if isinstance(row, dict):
            yield row
