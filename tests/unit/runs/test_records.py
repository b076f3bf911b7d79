"""The files of a run: those of release 0.1, of a newer one, and damaged ones."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from made_up_runs import row, run_folder
from safetensors.torch import save_file

import ganfw
from ganfw import MetricsRow, Provenance, RunError, RunWarning, read_provenance
from ganfw.runs.json_files import read_lines
from ganfw.runs.network import read_card
from ganfw.storage.run_dir import RunDir

# A run as release 0.1 wrote it, and never to be changed here.

CONFIG = """\
[data]
use = "gaussian"
count = 64
A = [[1.0, 2.0], [-0.1, 0.5]]
b = [1.0, 2.0]
seed = 0

[gen]
use = "linear"
init_std = 0.02

[gen.optimizer]
use = "adam"
lr = 0.05
betas = [0.5, 0.999]

[disc]
use = "mlp"
hidden = [5, 3]

[disc.optimizer]
use = "adam"
lr = 0.05
betas = [0.5, 0.999]

[[loss]]
use = "nonsaturating"

[[callback]]
use = "metrics-log"

[train]
batch_size = 8
latent_dim = 2
epochs = 3
seed = 0
"""
FINGERPRINT = "7725ec29b63bc013fd9edf6d68154105"
PROVENANCE: dict[str, Any] = {
    "format": 1,
    "argv": ["ganfw", "run", "--recipe", "d2l-gaussian", "-s", "data.count=64"],
    "started": "2026-11-25T13:52:22+00:00",
    "seed": 0,
    "data": {"trained_on": "gaussian", "asked": "gaussian", "fingerprint": FINGERPRINT,
             "examples": 64},
    "components": [
        {"slot": "data", "name": "ganfw/gaussian", "version": 1},
        {"slot": "gen", "name": "ganfw/linear", "version": 1},
        {"slot": "disc", "name": "ganfw/mlp", "version": 1},
        {"slot": "loss", "name": "ganfw/nonsaturating", "version": 1},
        {"slot": "callback", "name": "ganfw/metrics-log", "version": 1},
    ],
    "origins": {"data.count": "command line", "train.epochs": "command line, on resuming"},
    "plugin_files": [],
    "versions": {"ganfw": "0.1.0", "torch": "2.5.0"},
    "machine": {"device": "cpu", "device_name": "x86_64", "threads": 1, "processes": 1,
                "platform": "Linux", "python": "3.11.7", "cuda": None},
    "resumed": [{"when": "2026-11-25T13:52:31+00:00", "from_step": 16,
                 "argv": ["ganfw", "resume", "runs/0001"], "versions": {}}],
    "total_steps": 24,
    "ended": {"when": "2026-11-25T13:52:32+00:00", "step": 24, "stopped": None},
}  # fmt: skip
METRICS = """\
{"step": 1, "epoch": 1, "examples": 8, "loss_D": 0.6932452321052551, "loss_G": "nan", \
"examples_per_second": 2507.166, "D/nonsaturating.real": 0.33912983536720276, \
"G/nonsaturating.fake": "-inf"}
{"step": 24, "epoch": 3, "examples": 8, "loss_D": 0.5, "loss_G": 1.25, \
"examples_per_second": 2507.166, "D/nonsaturating.real": 0.25, "G/nonsaturating.fake": 1.25}
"""
WARNINGS = '{"step": 16, "what": "alike", "text": "samples are nearly alike"}\n'
SCORES = """\
{"metric": "frechet-gaussian", "release": "ganfw 0.1.0", "version": 1, "options": {"samples": \
10000, "seed": 0}, "main": "frechet_gaussian", "lower_is_better": true, "result": \
{"frechet_gaussian": 9.96, "real_samples": 64, "generated_samples": 10000, "metric_seed": 0, \
"reference": "the dataset's own"}, "step": 8, "weights": "generator", "seed": 0, "data": {"use": \
"gaussian", "options": {"count": 64, "A": [[1.0, 2.0], [-0.1, 0.5]], "b": [1.0, 2.0], "seed": 0}, \
"fingerprint": "7725ec29b63bc013fd9edf6d68154105", "examples": 64, "split": "all of it", "given": \
64}, "torch": "2.5.0", "seconds": 0.13}
"""
CARD: dict[str, Any] = {
    "format": 1,
    "kind": "generator",
    "use": "ganfw/linear",
    "version": 1,
    "distribution": "ganfw==0.1.0",
    "options": {"init_std": 0.02},
    "shapes": {"sample": [2], "value_range": None, "classes": 0, "latent_dim": 2},
    "data": {"use": "ganfw/gaussian", "options": {"count": 64}},
    "step": 24,
}


@pytest.fixture
def old_run(tmp_path: Path) -> Path:
    folder = tmp_path / "0001-linear-gaussian"
    (folder / "generator").mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG)
    (folder / "provenance.json").write_text(json.dumps(PROVENANCE, indent=2) + "\n")
    (folder / "metrics.jsonl").write_text(METRICS)
    (folder / "warnings.jsonl").write_text(WARNINGS)
    (folder / "scores.jsonl").write_text(SCORES)
    (folder / "generator/config.json").write_text(json.dumps(CARD, indent=2) + "\n")
    weights = {"layer.weight": torch.eye(2), "layer.bias": torch.ones(2)}
    save_file(weights, folder / "generator/model.safetensors")
    return folder


def test_a_run_of_release_0_1_opens_samples_and_is_evaluated(old_run: Path) -> None:
    run = ganfw.Run(old_run)
    first, last = run.metrics()
    assert (first.loss_D, math.isnan(first.loss_G), first.is_finite) == (
        0.6932452321052551,
        True,
        False,
    )
    assert first.terms["G/nonsaturating.fake"] == -math.inf
    assert (last.step, last.terms["D/nonsaturating.real"]) == (24, 0.25)
    assert run.sample(5).shape == (5, 2)
    (record,) = run.evaluate("frechet-gaussian", {"metric.frechet-gaussian.samples": 50})
    assert [kept.step for kept in run.scores()] == [8, 24]
    assert record.data.fingerprint == FINGERPRINT
    page = run.report().read_text()
    assert "Finished: step 24 of 24." in page
    assert "Step 16: samples are nearly alike" in page


def test_each_file_is_written_as_it_was(old_run: Path) -> None:
    folder = RunDir(old_run)
    assert read_provenance(folder).to_json() == folder.provenance.read_text()
    card = old_run / "generator"
    assert read_card(card).to_json() == (card / "config.json").read_text()
    for path, model in (
        (folder.metrics, MetricsRow),
        (folder.warnings, RunWarning),
        (folder.scores, ganfw.ScoreRecord),
    ):
        assert "".join(record.to_line() for record in read_lines(path, model)) == path.read_text()


def test_what_a_newer_release_adds_is_kept_and_passed_over(old_run: Path) -> None:
    path = old_run / "provenance.json"
    newer = {**PROVENANCE, "energy": {"kWh": 3}, "machine": {**PROVENANCE["machine"], "gpus": 2}}
    path.write_text(json.dumps(newer))
    read = read_provenance(RunDir(old_run))
    assert read.data.examples == 64
    assert json.loads(read.to_json()) == newer
    line = METRICS.splitlines()[1].replace("{", '{"phase": "warm-up", ', 1)
    (old_run / "metrics.jsonl").write_text(line + "\n")
    (row,) = ganfw.Run(old_run).metrics()
    assert row.terms.keys() == {"D/nonsaturating.real", "G/nonsaturating.fake"}


def test_a_newer_format_names_the_release_to_install(old_run: Path) -> None:
    """Whatever else it holds."""
    path = old_run / "provenance.json"
    path.write_text('{"format": 99, "versions": {"ganfw": "7.0"}, "seed": "none"}')
    said = r"provenance\.json was made by a newer ganfw \(format 99, .*: install ganfw>=7\.0$"
    with pytest.raises(RunError, match=said):
        ganfw.load(old_run)
    (old_run / "generator/config.json").write_text('{"format": 99}')
    with pytest.raises(RunError, match=r"config\.json was made by a newer ganfw .*: install"):
        read_card(old_run / "generator")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Invalid JSON"),
        ("[]", "Input should be an object"),
        ("{}", "it lacks format, argv, started, seed, data, "),
        (json.dumps({**PROVENANCE, "data": {"asked": "x"}}), "it lacks data.trained_on, data.fin"),
        (json.dumps({**PROVENANCE, "seed": "x"}), "seed: Input should be a valid integer"),
    ],
)
def test_a_damaged_provenance_is_said_in_one_line(tmp_path: Path, content: str, said: str) -> None:
    folder = RunDir(tmp_path)
    folder.provenance.write_text(content)
    with pytest.raises(RunError) as error:
        read_provenance(folder)
    assert f"{folder.provenance} can't be read: {said}" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"step": }', "line 2: Invalid JSON: expected value at column 10"),
        (b"", "line 2: Invalid JSON"),
        (b"\xff", "line 2: Invalid JSON"),
        (b"[1]", "line 2: Input should be an object"),
        (b'{"step": 1}', "line 2: it lacks epoch, examples, loss_D"),
    ],
)
def test_the_damaged_line_is_named(tmp_path: Path, line: bytes, said: str) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(row(1).to_line().encode() + line + b"\n" + row(3).to_line().encode())
    with pytest.raises(RunError) as error:
        read_lines(path, MetricsRow)
    assert f"{path} can't be read: {said}" in str(error.value)


@pytest.mark.parametrize("torn", [b"", b'{"step": 301, "epo', b"\0\0\0", b"\xff"])
def test_a_torn_last_line_is_left_out(tmp_path: Path, torn: bytes) -> None:
    folder = run_folder(tmp_path)
    with (folder / "metrics.jsonl").open("ab") as file:
        file.write(torn)
    assert len(ganfw.Run(folder).metrics()) == 300


def test_a_last_line_without_its_newline_counts(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text(row(1).to_line() + row(2).to_line().rstrip())
    assert [read.step for read in read_lines(tmp_path / "metrics.jsonl", MetricsRow)] == [1, 2]


def test_a_run_without_a_log_is_said_to_have_none(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    (folder / "metrics.jsonl").unlink()
    with pytest.raises(RunError, match=r"no metrics\.jsonl: it ran without callback metrics-log$"):
        ganfw.Run(folder).metrics()
    for read in (ganfw.Run.metrics, ganfw.Run.scores):
        with pytest.raises(RunError, match="no run folder"):
            read(ganfw.Run(tmp_path / "nowhere"))


def test_records_are_frozen(tmp_path: Path) -> None:
    provenance: Provenance = read_provenance(RunDir(run_folder(tmp_path)))
    with pytest.raises(ValueError, match="frozen"):
        provenance.seed = 3
