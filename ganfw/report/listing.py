"""The runs in a folder, each in one line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import RunError, UsageError
from ..runs.records import Provenance, ScoreRecord, read_metrics, read_provenance
from ..runs.scores import read_scores
from ..storage.run_dir import RunDir
from .status import is_training, status


@dataclass(frozen=True)
class ListedRun:
    """A run: its data, how far it is, its newest score of each metric by name, the bytes of its
    files, and how it ended; ``problem`` says why it can't be read, if that is so."""

    path: str
    state: str
    data: str = ""
    step: int = 0
    total_steps: int | None = None
    scores: dict[str, float] = field(default_factory=dict)
    size: int = 0
    started: str = ""
    text: str = ""
    problem: str | None = None


def list_runs(folder: Path) -> list[ListedRun]:
    """The runs in ``folder``, or the one that it is, by name. Raises UsageError if there is no such
    folder."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}: give the one that holds the runs")
    if RunDir(folder).config.is_file():
        return [_listed(folder)]
    configs = sorted(folder.glob("*/config.toml"))
    return [_listed(config.parent) for config in configs]


def _listed(path: Path) -> ListedRun:
    try:
        return _read(path, RunDir(path))
    except RunError as error:
        return ListedRun(str(path), "damaged", size=_size(path), problem=str(error))


def _read(path: Path, folder: RunDir) -> ListedRun:
    provenance = read_provenance(folder)
    # The log is long, and says nothing new of a run that has come to its end.
    rows = [] if provenance.ended else read_metrics(folder)
    ended = status(provenance, rows, str(path), is_training(folder))
    return ListedRun(
        str(path),
        ended.state,
        _data(provenance),
        provenance.ended.step if provenance.ended else rows[-1].step if rows else 0,
        provenance.total_steps,
        dict(_newest(read_scores(folder))),
        _size(path),
        provenance.started,
        ended.text,
    )


def _data(provenance: Provenance) -> str:
    data = provenance.data
    instead = "" if data.asked == data.trained_on else f" for {data.asked}"
    return f"{data.trained_on}{instead}, {data.examples}"


def _newest(records: list[ScoreRecord]) -> Iterator[tuple[str, float]]:
    """The main score of each metric; the newest comes last, and stays."""
    for record in records:
        if record.main_score is not None:
            yield record.main, record.main_score


def _size(path: Path) -> int:
    """The bytes of all files; one that vanishes meanwhile counts nothing."""
    return sum(_bytes(file) for file in path.rglob("*"))


def _bytes(file: Path) -> int:
    try:
        return file.lstat().st_size if file.is_file() else 0
    except OSError:
        return 0
