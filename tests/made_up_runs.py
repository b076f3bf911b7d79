"""A run as it lies on disk, made up in a moment: for what reads runs and trains none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PIL import Image

from ganfw.runs.json_files import Record
from ganfw.runs.records import (
    DataRecord,
    End,
    MachineRecord,
    MetricsRow,
    Provenance,
    ScoreData,
    ScoreRecord,
    read_provenance,
    write_provenance,
)
from ganfw.storage.run_dir import RunDir

STEPS = 300
DATA = DataRecord(trained_on="sprites", asked="sprites", fingerprint="ab", examples=100)
REPLACED_DATA = DATA.model_copy(update={"asked": "pokemon"})


def run_folder(root: Path, number: int = 1, lr: float = 0.1) -> Path:
    """A finished run of 300 steps below ``root``, all its files whole."""
    folder = root / f"{number:04d}-dcgan-sprites"
    (folder / "samples").mkdir(parents=True)
    (folder / "config.toml").write_text(
        '[data]\nuse = "sprites"\n[gen]\nuse = "dcgan"\n[gen.optimizer]\n'
        f'lr = {lr}\n[disc]\nuse = "dcgan"\n[[loss]]\nuse = "hinge"\nweight = 1.0\n'
    )
    write_provenance(RunDir(folder), _provenance())
    write_lines(folder / "metrics.jsonl", [row(step, lr) for step in range(1, STEPS + 1)])
    write_lines(folder / "scores.jsonl", [score(step, 90 - step / 10) for step in (100, 200, 300)])
    for step in (0, 100, 300):
        Image.new("RGB", (60, 60), (step % 256, 90, 90)).save(folder / f"samples/{step:06d}.png")
    return folder


def score(step: int, value: float, **changes: Any) -> ScoreRecord:
    """A record of scores; ``changes`` replace parts of it."""
    record = ScoreRecord(
        metric="swd", release="ganfw 1", version=1, options={"samples": 50}, main="swd",
        lower_is_better=True, result={"swd": value, "real_samples": 9}, step=step,
        weights="generator", seed=0, torch="2.5", seconds=0.1,
        data=ScoreData(use="sprites", options={}, fingerprint="ab", examples=100,
                       split="all of it", given=100),
    )  # fmt: skip
    return record.model_copy(update=changes)


def row(step: int, lr: float = 0.1, **changes: Any) -> MetricsRow:
    """A row of the log; ``changes`` replace parts of it."""
    made = MetricsRow(
        step=step, epoch=1 + step // 100, examples=8, loss_D=1 / step + lr,
        loss_G=math.log1p(step), examples_per_second=80.0,
    )  # fmt: skip
    return made.model_copy(update=changes)


def change_provenance(folder: Path, **changes: Any) -> None:
    """Write ``changes`` over the run's provenance."""
    run = RunDir(folder)
    write_provenance(run, read_provenance(run).model_copy(update=changes))


def write_lines(path: Path, records: Iterable[Record]) -> None:
    """``records``, a line each."""
    path.write_text("".join(record.to_line() for record in records))


def _provenance() -> Provenance:
    return Provenance(
        format=1, argv=("ganfw", "run", "--data", "./my photos"),
        started="2026-01-01T10:00:00+00:00", seed=0, data=DATA, components=(),
        origins={"gen.optimizer.lr": "command line"}, plugin_files=(), versions={"ganfw": "1"},
        machine=MachineRecord(device="cpu", device_name="x86_64", platform="Linux", python="3.11"),
        resumed=(), total_steps=STEPS,
        ended=End(when="2026-01-01T10:01:05+00:00", step=STEPS, stopped=None),
    )  # fmt: skip
