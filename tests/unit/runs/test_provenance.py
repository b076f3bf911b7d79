"""What a run remembers of how it was made."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import ganfw
from ganfw import Provenance, read_provenance
from ganfw.config.recipes import recipe_layer
from ganfw.config.run_config import resolve
from ganfw.registry.registry import Registry
from ganfw.runs.provenance import add_resumption
from ganfw.runs.records import ComponentRecord
from ganfw.storage.run_dir import RunDir
from ganfw.training.trainer import Trainer


def _end(provenance: Provenance) -> tuple[int | None, int, str | None]:
    assert provenance.ended is not None
    return provenance.total_steps, provenance.ended.step, provenance.ended.stopped


def test_a_run_and_its_resumption_are_recorded(tmp_path: Path) -> None:
    run = ganfw.run(recipe="d2l-gaussian", steps=3, seed=5, no_callback="loss-curve", out=tmp_path)
    begun = read_provenance(RunDir(run.path))
    assert begun.seed == 5
    assert begun.argv
    assert begun.versions["ganfw"] == ganfw.__version__
    assert begun.versions["torch"] == torch.__version__.partition("+")[0]
    assert begun.machine.device == "cpu"
    assert begun.data.trained_on == begun.data.asked == "gaussian"
    assert begun.data.examples == 1000
    assert len(begun.data.fingerprint) == 32
    linear = ComponentRecord(slot="gen", name="ganfw/linear", version=1, kind="generator")
    assert linear in begun.components
    assert begun.resumed == ()
    assert _end(begun) == (3, 3, None)
    run.resume(steps=4)
    resumed = read_provenance(RunDir(run.path))
    assert [entry.from_step for entry in resumed.resumed] == [3]
    assert _end(resumed) == (4, 4, None)
    # What resuming set is said to be set then; all else has the origin that it had.
    changed = {"train.steps": "resume(), on resuming after step 3"}
    assert resumed.origins == begun.origins | changed
    assert begun.origins["train.steps"] == begun.origins["train.seed"] == "run()"
    assert begun.origins["gen.init_std"] == "recipe d2l-gaussian"


def test_a_failure_is_recorded_until_the_run_goes_on(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(trainer: Trainer) -> None:
        raise ganfw.TrainingError("a loss is nan\nin two lines")

    monkeypatch.setattr(Trainer, "fit", fit)
    with pytest.raises(ganfw.TrainingError):
        ganfw.run(recipe="d2l-gaussian", out=tmp_path)
    (folder,) = tmp_path.iterdir()
    failed = read_provenance(RunDir(folder))
    assert failed.ended is not None
    assert failed.ended.failed == "a loss is nan in two lines"
    config = resolve(registry, [recipe_layer(registry, "d2l-gaussian")])
    assert add_resumption(failed, 1, [], config, [], "saved").ended is None
