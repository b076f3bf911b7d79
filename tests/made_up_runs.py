"""A run as it lies on disk, made up in a moment: for what reads runs and trains none."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from PIL import Image

STEPS = 300


def run_folder(root: Path, number: int = 1, lr: float = 0.1) -> Path:
    """A finished run of 300 steps below ``root``, all its files whole."""
    folder = root / f"{number:04d}-dcgan-sprites"
    (folder / "samples").mkdir(parents=True)
    (folder / "config.toml").write_text(
        '[data]\nuse = "sprites"\n[gen]\nuse = "dcgan"\n[gen.optimizer]\n'
        f'lr = {lr}\n[disc]\nuse = "dcgan"\n[[loss]]\nuse = "hinge"\nweight = 1.0\n'
    )
    change_record(folder, **_record())
    write_lines(folder / "metrics.jsonl", [_row(step, lr) for step in range(1, STEPS + 1)])
    write_lines(folder / "scores.jsonl", [score(step, 90 - step / 10) for step in (100, 200, 300)])
    for step in (0, 100, 300):
        Image.new("RGB", (60, 60), (step % 256, 90, 90)).save(folder / f"samples/{step:06d}.png")
    return folder


def score(step: int, value: float, **changes: Any) -> dict[str, Any]:
    """A record of scores; ``changes`` replace parts of it."""
    return {"metric": "swd", "release": "ganfw 1", "version": 1, "options": {"samples": 50},
            "main": "swd", "lower_is_better": True, "step": step, "weights": "generator",
            "seed": 0, "result": {"swd": value, "real_samples": 9},
            "data": {"fingerprint": "ab", "split": "all of it"}, **changes}  # fmt: skip


def change_record(folder: Path, **changes: Any) -> None:
    """Write ``changes`` over the run's provenance."""
    path = folder / "provenance.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(before | changes))


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    """``rows``, a line of JSON each."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _record() -> dict[str, Any]:
    return {
        "format": 1, "argv": ["ganfw", "run", "--data", "./my photos"],
        "started": "2026-01-01T10:00:00+00:00", "seed": 0,
        "data": {"trained_on": "sprites", "asked": "sprites", "fingerprint": "ab", "examples": 100},
        "machine": {"device": "cpu", "device_name": "x86_64", "platform": "Linux",
                    "python": "3.11"},
        "versions": {"ganfw": "1"}, "resumed": [], "total_steps": STEPS,
        "ended": {"when": "2026-01-01T10:01:05+00:00", "step": STEPS, "stopped": None},
        "origins": {"gen.optimizer.lr": "command line"},
    }  # fmt: skip


def _row(step: int, lr: float) -> dict[str, Any]:
    return {"step": step, "epoch": 1 + step // 100, "examples": 8, "examples_per_second": 80.0,
            "loss_D": 1 / step + lr, "loss_G": math.log1p(step)}  # fmt: skip
