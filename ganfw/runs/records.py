"""What the files of a run hold, each as a typed record."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field, JsonValue, field_validator, model_validator

from ..storage import atomic
from ..storage.run_dir import RunDir
from .json_files import Record, read_json, read_lines

RUN_FORMAT = 1
"""Raised when ``provenance.json`` changes its meaning."""

_GREATEST = 2**64
"""JSON has whole numbers of any length, with which no one can reckon."""

_STRICT = json.JSONEncoder(allow_nan=False)


class DataRecord(Record):
    """The data of a run. ``asked`` was asked for; where it could not be had, ``trained_on`` is
    another dataset."""

    trained_on: str
    asked: str
    fingerprint: str
    examples: int


class MachineRecord(Record):
    """Where a run was started."""

    device: str
    device_name: str
    threads: int | None = None
    processes: int = 1
    platform: str
    python: str
    cuda: str | None = None


class ComponentRecord(Record):
    """A component of a run; ``name`` is canonical, such as ``ganfw/dcgan``. A run of release 0.1
    does not say its kind, which the slot tells."""

    slot: str
    name: str
    version: int
    kind: str = ""


class PluginFileRecord(Record):
    """A plugin file that a run keeps a copy of, and the path that it was given with."""

    name: str
    sha256: str
    path: str


class StartRecord(Record):
    """The run whose networks another one started from: as of which step, and the SHA-256 of each
    network's weights by its name in the run."""

    run: str
    step: int
    weights: dict[str, str]


class Resumption(Record):
    """One resumption of a run: the ``versions`` that had changed, the ``threads`` if they had, the
    plugin files that others took the place of, and what was changed in its config: before and
    after, by path."""

    when: str
    from_step: int
    argv: tuple[str, ...]
    versions: dict[str, str]
    threads: int | None = None
    plugin_files_before: tuple[PluginFileRecord, ...] = ()
    changes: dict[str, tuple[str, str]] = Field(default_factory=dict)


class End(Record):
    """How a run ended: by itself, ``stopped`` by someone, or ``failed`` with an error."""

    when: str
    step: int = Field(ge=0, lt=_GREATEST)
    stopped: str | None = None
    failed: str | None = None


class Provenance(Record):
    """``provenance.json``: what is needed to repeat a run, and how it ended. ``job`` tells which
    run it is of which job of torchrun."""

    format: int
    argv: tuple[str, ...]
    started: str
    seed: int
    data: DataRecord
    components: tuple[ComponentRecord, ...]
    origins: dict[str, str]
    plugin_files: tuple[PluginFileRecord, ...]
    versions: dict[str, str]
    machine: MachineRecord
    resumed: tuple[Resumption, ...]
    total_steps: int | None = None
    ended: End | None = None
    started_from: StartRecord | None = None
    job: str | None = None


class MetricsRow(Record):
    """A line of ``metrics.jsonl``: the losses of one step, means per example.

    ``terms`` are the weighted summands of the losses, such as ``D/hinge.real``; in the file they
    stand beside the other keys. JSON has no nan and no infinity: there they are the strings "nan",
    "inf" and "-inf".
    """

    model_config = ConfigDict(extra="ignore")

    step: int = Field(ge=0, lt=_GREATEST)
    epoch: int = Field(ge=0, lt=_GREATEST)
    examples: int = Field(ge=0, lt=_GREATEST)
    loss_D: float
    loss_G: float
    examples_per_second: float
    terms: dict[str, float] = Field(default_factory=dict)

    @property
    def is_finite(self) -> bool:
        """Whether both losses are."""
        return math.isfinite(self.loss_D) and math.isfinite(self.loss_G)

    def to_line(self) -> str:
        # There is one for each step: pydantic's own way would take twice as long.
        values = {**vars(self), **self.terms}
        del values["terms"]
        try:
            return _STRICT.encode(values) + "\n"
        except ValueError:
            finite = {name: x if math.isfinite(x) else str(x) for name, x in values.items()}
            return _STRICT.encode(finite) + "\n"

    @model_validator(mode="before")
    @classmethod
    def _gather_terms(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "terms" in values:
            return values
        terms = {name: value for name, value in values.items()
                 if name not in _ROW_FIELDS and _is_number(value)}  # fmt: skip
        return {**values, "terms": terms}


_ROW_FIELDS = frozenset(MetricsRow.model_fields)


class RunWarning(Record):
    """A line of ``warnings.jsonl``: something that went wrong with the training up to ``step``.
    ``what`` is a word for its kind."""

    step: int
    what: str = ""
    text: str


class ScoreData(Record):
    """The real samples behind a score: ``given`` of the ``examples`` there are. ``split`` is the
    part of the data that they come from."""

    use: str
    options: dict[str, JsonValue]
    fingerprint: str
    examples: int
    split: str
    given: int


class ScoreRecord(Record):
    """A line of ``scores.jsonl``: what a metric found, and all that is needed to find it again.

    ``result`` holds the scores, and what the metric says of how it found them. ``main`` names the
    score that decides which generator is better; it is "" where none does. The generated samples
    are made by ``weights`` as of ``step``, from latents of ``seed``.
    """

    metric: str
    release: str
    version: int
    options: dict[str, JsonValue]
    main: str
    lower_is_better: bool
    result: dict[str, JsonValue]
    step: int
    weights: str
    seed: int
    data: ScoreData
    torch: str
    seconds: float

    @field_validator("result")
    @classmethod
    def _of_floats(cls, result: dict[str, JsonValue]) -> dict[str, JsonValue]:
        for name, value in numbers_in(result):
            if isinstance(value, int) and abs(value) >= _GREATEST:
                raise ValueError(f"{name} is too large")
        return result

    @property
    def better(self) -> Literal["lower", "higher"]:
        """The direction in which the main score is better."""
        return "lower" if self.lower_is_better else "higher"

    @property
    def main_score(self) -> float | None:
        """The score that decides, if there is one."""
        value = self.result.get(self.main)
        return float(value) if isinstance(value, int | float) else None

    @property
    def scores(self) -> dict[str, float]:
        """Every score by name, those in mappings as ``mapping/key``: all numbers of the result but
        for the options, seeds and counts of samples that it repeats."""
        return {
            name: value
            for name, value in numbers_in(self.result)
            if isinstance(value, float)
            or not (name in self.options or name.endswith(("samples", "seed")))
        }

    def __str__(self) -> str:
        """The main score, or all of them, such as ``fid 12.3``."""
        shown = {name: value for name, value in self.result.items() if isinstance(value, float)}
        if self.main_score is not None:
            shown = {self.main: self.main_score}
        return ", ".join(f"{name} {value:.4g}" for name, value in shown.items())


def read_provenance(folder: RunDir) -> Provenance:
    """How the run in ``folder`` was made. Raises RunError where that is missing, damaged, or
    written by a newer ganfw."""
    return read_json(folder.provenance, Provenance, RUN_FORMAT)


def write_provenance(folder: RunDir, provenance: Provenance) -> None:
    """Write ``provenance.json``. Raises OSError."""
    atomic.write_text(folder.provenance, provenance.to_json())


def read_metrics(folder: RunDir) -> list[MetricsRow]:
    """The logged steps of the run in ``folder``. Raises RunError for a damaged log."""
    return read_lines(folder.metrics, MetricsRow)


def read_warnings(folder: RunDir) -> list[RunWarning]:
    """The warnings of the run in ``folder``. Raises RunError for a damaged file."""
    return read_lines(folder.warnings, RunWarning)


def numbers_in(values: Mapping[str, JsonValue], parent: str = "") -> Iterator[tuple[str, float]]:
    """Every number in ``values`` by name, those in mappings as ``mapping/key``."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from numbers_in(value, f"{parent}{name}/")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{parent}{name}", value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) or value in ("nan", "inf", "-inf")
