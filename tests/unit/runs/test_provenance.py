"""What a run remembers of how it was made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import ganfw
from ganfw.config.recipes import recipe_layer
from ganfw.config.run_config import resolve
from ganfw.registry.registry import Registry
from ganfw.runs.provenance import add_resumption
from ganfw.training.trainer import Trainer


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
    assert (record["total_steps"], record["ended"]["step"], record["ended"]["stopped"]) == (
        3,
        3,
        None,
    )
    run.resume(steps=4)
    resumed = json.loads((run.path / "provenance.json").read_text())
    assert [each["from_step"] for each in resumed["resumed"]] == [3]
    assert (resumed["total_steps"], resumed["ended"]["step"]) == (4, 4)
    # What resuming set is said to be set then; all else has the origin that it had.
    changed = {"train.steps": "resume(), on resuming after step 3"}
    assert resumed["origins"] == record["origins"] | changed
    assert record["origins"]["train.steps"] == record["origins"]["train.seed"] == "run()"
    assert record["origins"]["gen.init_std"] == "recipe d2l-gaussian"


def test_a_failure_is_recorded_until_the_run_goes_on(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(trainer: Trainer) -> None:
        raise ganfw.TrainingError("a loss is nan\nin two lines")

    monkeypatch.setattr(Trainer, "fit", fit)
    with pytest.raises(ganfw.TrainingError):
        ganfw.run(recipe="d2l-gaussian", out=tmp_path)
    (path,) = tmp_path.glob("*/provenance.json")
    record = json.loads(path.read_text())
    assert record["ended"]["failed"] == "a loss is nan"
    config = resolve(registry, [recipe_layer(registry, "d2l-gaussian")])
    assert "ended" not in add_resumption(record, 1, [], config, [], "saved")
