"""Labels from ``metadata.csv``, ``.jsonl`` or ``.json`` beside pictures, as Hugging Face's image
folders have them: a row for each picture, with its ``file_name`` from there and more columns."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from ganfw import DataError, PictureList, log

FILES = ("metadata.csv", "metadata.jsonl", "metadata.json")
COLUMN = "label"
"""The column of labels where none is named; without it, folders are the classes."""

_FILE_NAME = "file_name"
_NUMBER = re.compile(r"-?\d{1,99}")
_DELIMITERS = ",;\t"


def with_metadata(
    pictures: PictureList,
    names: Iterable[str],
    read: Callable[[str], bytes],
    column: str | None,
    say: Callable[[str], None] = log.info,
) -> tuple[PictureList, tuple[str, ...]]:
    """``pictures`` with the labels that files among ``names`` give them, and these files; both as
    they were if there are none. Pictures without a label are left out, which it will ``say``.

    ``read`` gives a file's content. Raises DataError for a file that can't be read, for one without
    the ``column`` asked for, for labels that are neither words nor whole numbers, and for a picture
    with two of them.
    """
    files = tuple(sorted(name for name in names if is_metadata(name)))
    found: dict[str, str] = {}
    known: dict[str, str] = {}
    if files:
        known |= {_same(name): name for name in pictures.names}
        known |= {name: name for name in pictures.names}
    for name in files:
        for file_name, label in _labels(name, read(name), column):
            path = str(PurePosixPath(name).parent / file_name)
            path = known.get(path, known.get(_same(path), path))
            if found.setdefault(path, label) != label:
                raise DataError(f"{name} gives {path} two labels, {found[path]} and {label}")
    if not found:
        if column is not None:
            raise DataError(f"no {' or '.join(FILES)} gives labels in a column '{column}'")
        if files:
            say(
                f"{files[0]} gives no labels: they are in a column '{COLUMN}' beside "
                f"'{_FILE_NAME}', or in that of -s data.label_column"
            )
        return pictures, ()
    return _labelled(pictures, found, say), files


def _same(path: str) -> str:
    """What is the same for all ways to write a path: Windows has ``\\``, and macOS takes letters
    with accents apart."""
    return unicodedata.normalize("NFC", path.replace("\\", "/"))


def is_metadata(name: str) -> bool:
    """Whether the file may give labels, by its path: one of `FILES`, and not hidden."""
    if name.rpartition("/")[2].lower() not in FILES:
        return False
    return not any(part.startswith(".") for part in PurePosixPath(name).parts)


def _labelled(
    pictures: PictureList, found: Mapping[str, str], say: Callable[[str], None]
) -> PictureList:
    known = [name for name in pictures.names if name in found]
    if not known:
        raise DataError(f"the metadata names no picture that is there: {min(found)}, …")
    if left := len(pictures.names) - len(known):
        first = next(name for name in pictures.names if name not in found)
        say(f"{left} pictures without a label in the metadata are left out: {first}, …")
    if missing := found.keys() - set(known):
        say(f"{len(missing)} pictures of the metadata are not there: {min(missing)}, …")
    classes = tuple(sorted({found[name] for name in known}, key=in_order))
    index = {label: number for number, label in enumerate(classes)}
    labels = tuple(index[found[name]] for name in known)
    return replace(pictures, names=tuple(known), labels=labels, classes=classes)


def in_order(label: str) -> tuple[int, int, str]:
    """How labels are sorted: numbers in their order, before words."""
    return (0, int(label), "") if _NUMBER.fullmatch(label) else (1, 0, label)


def _labels(name: str, content: bytes, column: str | None) -> Iterator[tuple[str, str]]:
    """(file_name, label) of each row that has both."""
    try:
        for number, row in enumerate(_rows(name.lower(), content.decode("utf-8-sig")), 1):
            file_name = row.get(_FILE_NAME)
            label = as_word(row.get(column or COLUMN), f"{name}: row {number}")
            if isinstance(file_name, str) and label:
                yield file_name, label
    except (csv.Error, ValueError, RecursionError) as error:
        raise DataError(
            f"{name} can't be read ({error}); without labels: -s data.labels=false"
        ) from error


def as_word(label: object, where: str) -> str:
    """A label as text; "" for None. Raises DataError for what is neither a word nor a whole
    number."""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    if isinstance(label, bool) or not isinstance(label, (str, int, type(None))):
        raise DataError(f"{where} has the label {label!r}: no word or number")
    return "" if label is None else str(label)


def _rows(name: str, text: str) -> Iterator[Mapping[str, object]]:
    if name.endswith(".csv"):
        yield from _table(text)
        return
    as_a_whole = name.endswith(".json") or text.lstrip().startswith("[")
    lines = [text] if as_a_whole else filter(None, map(str.strip, text.split("\n")))
    for line in lines:
        value = json.loads(line)
        yield from filter(_is_row, value if isinstance(value, list) else [value])


def _is_row(value: object) -> bool:
    return isinstance(value, dict)


def _table(text: str) -> Iterator[Mapping[str, object]]:
    """The rows of a CSV file, whatever stands between its columns."""
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    lines = io.StringIO(text, newline="")
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    header = [name.strip() for name in next(rows, [])]
    header = [name.lower() if name.lower() in (_FILE_NAME, COLUMN) else name for name in header]
    for row in rows:
        yield dict(zip(header, row, strict=False))
