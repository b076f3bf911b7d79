"""What a run remembers of how it was made."""

from __future__ import annotations

import json
from pathlib import Path

import torch

import ganfw


def test_a_run_and_its_resumption_are_recorded(tmp_path: Path) -> None:
    run = ganfw.run(recipe="d2l-gaussian", steps=3, seed=5, no_callback="loss-curve", out=tmp_path)
    record = json.loads((run.path / "provenance.json").read_text())
    assert record["seed"] == 5
    assert record["argv"]
    assert record["versions"]["ganfw"] == ganfw.__version__
    assert record["versions"]["torch"] == torch.__version__.partition("+")[0]
    assert record["machine"]["device"] == "cpu"
    assert record["data"]["trained_on"] == record["data"]["asked"] == "gaussian"
    assert record["data"]["examples"] == 1000
    assert len(record["data"]["fingerprint"]) == 32
    assert {"slot": "gen", "name": "ganfw/linear", "version": 1} in record["components"]
    assert record["resumed"] == []
    run.resume(steps=4)
    (resumption,) = json.loads((run.path / "provenance.json").read_text())["resumed"]
    assert resumption["from_step"] == 3
