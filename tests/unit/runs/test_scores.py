"""What may be a score, and the file that keeps them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import score

from ganfw import PluginError, RunError, ScoreRecord
from ganfw.runs.scores import checked_result, keep_scores, read_scores
from ganfw.storage.run_dir import RunDir

_ADD = """
import sys
from pathlib import Path
from ganfw.runs.records import ScoreRecord
from ganfw.runs.scores import keep_scores
from ganfw.storage.run_dir import RunDir

record = ScoreRecord.model_validate_json(sys.argv[2])
for step in range(15):
    keep_scores(RunDir(Path(sys.argv[1])), [record.model_copy(update={"step": step})])
"""


def _toy(value: float, **changes: Any) -> ScoreRecord:
    return score(1, 0, result={"toy": value}, **changes)


def test_a_score_computed_again_replaces_the_earlier(tmp_path: Path) -> None:
    folder = RunDir(tmp_path)
    keep_scores(folder, [])
    assert not folder.scores.exists()
    keep_scores(folder, [_toy(1.0), _toy(2.0, seed=1)])
    other = _toy(0).data.model_copy(update={"fingerprint": "held out"})
    keep_scores(folder, [_toy(3.0), _toy(4.0, data=other)])
    assert [record.result["toy"] for record in read_scores(folder)] == [2.0, 3.0, 4.0]
    keep_scores(folder, [_toy(2.0, seed=1)])
    assert [record.result["toy"] for record in read_scores(folder)] == [3.0, 4.0, 2.0]


def test_a_torn_last_line_is_healed_and_damage_is_kept(tmp_path: Path) -> None:
    folder = RunDir(tmp_path)
    keep_scores(folder, [_toy(1.0)])
    with folder.scores.open("a") as file:
        file.write(_toy(2.0, seed=1).to_line()[:40])
    assert [record.result["toy"] for record in read_scores(folder)] == [1.0]
    keep_scores(folder, [_toy(3.0, seed=2)])
    assert folder.scores.read_text() == _toy(1.0).to_line() + _toy(3.0, seed=2).to_line()
    folder.scores.write_text("{\n")
    with pytest.raises(RunError, match=r"scores\.jsonl can't be read: line 1: "):
        keep_scores(folder, [_toy(1.0)])
    assert folder.scores.read_text() == "{\n"


def test_two_processes_lose_no_record(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _ADD, str(tmp_path)]
    writers = [subprocess.Popen([*command, _toy(1.0, seed=seed).to_line()]) for seed in (1, 2)]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert len(read_scores(RunDir(tmp_path))) == 30


def test_scores_are_the_numbers_that_were_found() -> None:
    """Floats, also those in mappings, and whole numbers that the metric was not given."""
    given = {"real_samples": 40, "metric_seed": 0, "patches": 4, "features": "random"}
    result = {"toy": 0.5, "modes": 3, "share_by_mode": {"boot": 0.9, "bag": 0.0}, "flag": True}
    record = score(1, 0, result={**result, **given}, options={"patches": 4}, main="toy")
    assert record.scores == {
        "toy": 0.5, "modes": 3, "share_by_mode/boot": 0.9, "share_by_mode/bag": 0.0}  # fmt: skip
    assert (record.main_score, record.better, str(record)) == (0.5, "lower", "toy 0.5")


def test_what_is_no_score_is_refused() -> None:
    bad = {"toy": float("nan"), "by_mode": {"bag": float("inf"), "n": 1}}
    with pytest.raises(PluginError, match="metric 'toy': toy, by_mode/bag is not finite"):
        checked_result(bad, "metric 'toy'")
    with pytest.raises(PluginError, match="no plain values"):
        checked_result({"toy": 1.0, "more": object()}, "metric 'toy'")
    assert checked_result({"toy": 1.0, "pair": (1, 2)}, "") == {"toy": 1.0, "pair": [1, 2]}
