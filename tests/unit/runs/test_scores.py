"""Records of scores, and the file that keeps them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ganfw import PluginError, RunError
from ganfw.runs.scores import check_plain, findings, keep_scores, read_scores

_ADD = """
import json, sys
from pathlib import Path
from ganfw.runs.scores import keep_scores

record = json.loads(sys.argv[2])
for step in range(40):
    keep_scores(Path(sys.argv[1]), [{**record, "step": step}])
"""


def record(step: int = 1, seed: int = 0, data: str = "aa", **result: Any) -> dict[str, Any]:
    """One of a metric that judges by ``toy``."""
    return {
        "metric": "toy", "version": 1, "options": {"patches": 4}, "main": "toy",
        "lower_is_better": True, "result": result, "step": step, "weights": "generator",
        "seed": seed, "data": {"fingerprint": data},
    }  # fmt: skip


def test_a_judgement_made_again_replaces_the_earlier(tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    keep_scores(path, [])
    assert not path.exists()
    keep_scores(path, [record(toy=1.0), record(toy=2.0, seed=1)])
    keep_scores(path, [record(toy=3.0), record(toy=4.0, data="held out")])
    assert [each["result"]["toy"] for each in read_scores(path)] == [2.0, 3.0, 4.0]
    keep_scores(path, [record(toy=2.0, seed=1)])
    assert [each["result"]["toy"] for each in read_scores(path)] == [3.0, 4.0, 2.0]
    path.write_text("{")
    with pytest.raises(RunError, match=r"scores\.jsonl can't be read"):
        keep_scores(path, [record(toy=1.0)])
    assert path.read_text() == "{"


def test_two_processes_lose_no_record(tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    command = [sys.executable, "-c", _ADD, str(path)]
    writers = [subprocess.Popen([*command, json.dumps(record(seed=seed))]) for seed in (1, 2)]
    assert [each.wait() for each in writers] == [0, 0]
    assert len(read_scores(path)) == 80


def test_what_was_found() -> None:
    """Floats, also those in mappings, and whole numbers that say nothing of the making."""
    made = {"real_samples": 40, "metric_seed": 0, "patches": 4, "features": "random"}
    result = {"toy": 0.5, "modes": 3, "share_by_mode": {"boot": 0.9, "bag": 0.0}, "flag": True}
    assert findings(record(**result, **made)) == {
        "toy": 0.5, "modes": 3, "share_by_mode/boot": 0.9, "share_by_mode/bag": 0.0}  # fmt: skip
    assert json.loads(json.dumps(record(**result)))["result"] == result


def test_scores_that_are_none() -> None:
    with pytest.raises(PluginError, match="metric 'toy': toy, by_mode/bag is not finite"):
        check_plain({"toy": float("nan"), "by_mode": {"bag": float("inf"), "n": 1}}, "metric 'toy'")
    with pytest.raises(PluginError, match="no plain values"):
        check_plain({"toy": 1.0, "more": object()}, "metric 'toy'")
