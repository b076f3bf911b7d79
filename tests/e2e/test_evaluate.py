"""A run scored while it trains and afterwards: when, by what, and what fails or does not fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result
from safetensors.torch import load_file

import ganfw as package
from ganfw import CheckpointError, ScoreRecord, read_scores
from ganfw.cli import main
from ganfw.storage.checkpoint import CheckpointStore
from ganfw.storage.run_dir import RunDir

PLUGIN = '''
import random
import numpy as np
import torch
from ganfw import (
    Component, DataUnavailable, Dataset, Metric, Options, PluginError, ShapesError, UsageError,
    hookimpl,
)


class HalvesOptions(Options):
    split: str = "train"


class Halves(Dataset):
    """Two halves of one cloud of points."""

    sample_shape = (2,)

    def __len__(self):
        return 64

    def __getitem__(self, index):
        number = index + 64 * (self.options.split == "test")
        return np.random.RandomState(number).standard_normal(2).astype(np.float32), None

    def fingerprint(self):
        return {"train": "aa", "test": "bb"}[self.options.split]


class Waning(Metric):
    """Each score is worse than the one before."""

    main = "count"
    calls = 0

    def __call__(self, real, generate):
        self.calls += 1
        generate(3)
        return {"count": float(self.calls), "real_samples": len(real), "modes": {"left": 0.5}}


class Waxing(Waning):
    lower_is_better = False


class Drawing(Metric):
    """Draws from all global streams."""

    def prepare(self, dataset, labels):
        self.before = self.draw()

    def draw(self):
        return float(torch.rand(1)) + np.random.rand() + random.random()

    def __call__(self, real, generate):
        return {"before": self.before, "drawn": self.draw(), "real_samples": len(real)}


class Picky(Waning):
    def prepare(self, dataset, labels):
        raise ShapesError("it needs pictures, and this data is none")


class Offline(Waning):
    def prepare(self, dataset, labels):
        raise DataUnavailable("its weights can't be had")


class Failing(Metric):
    def __call__(self, real, generate):
        raise UsageError("there are too few of them")


class Broken(Metric):
    def __call__(self, real, generate):
        raise ValueError("a bug")


class Interrupted(Metric):
    def __call__(self, real, generate):
        raise KeyboardInterrupt


@hookimpl
def ganfw_components():
    yield Component("dataset", "halves", "my_metrics:Halves", options="my_metrics:HalvesOptions")
    for cls in (Waning, Waxing, Drawing, Picky, Offline, Failing, Broken, Interrupted):
        yield Component("metric", cls.__name__.lower(), f"my_metrics:{cls.__name__}")
'''
RUN = "runs/0001-linear-halves"
Ganfw = Callable[..., Result]


WORDS = ("--gen", "linear", "--disc", "mlp", "--data", "halves", "--no-callback", "loss-curve",
         "--no-callback", "samples", "--epochs", "2", "-s", "train.batch_size=16",
         "-s", "callback.checkpoints.min_seconds=0")  # fmt: skip


@pytest.fixture
def train(ganfw: Ganfw) -> Callable[..., Result]:
    """``train("--metric", …)``: two epochs of four steps, saved at each."""
    Path("my_metrics.py").write_text(PLUGIN)
    return lambda *more: ganfw("run", "--plugin", "my_metrics.py", *WORDS, *more)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a run without metrics, trained once for all tests."""
    root = tmp_path_factory.mktemp("trained")
    plugin = root / "my_metrics.py"
    plugin.write_text(PLUGIN)
    words = ["run", "--plugin", str(plugin), *WORDS, "--out", str(root)]
    _done(CliRunner().invoke(main, words))
    return root / Path(RUN).name


@pytest.fixture
def run(ganfw: Ganfw, trained: Path) -> None:
    """A copy of that run in the test's own folder."""
    shutil.copytree(trained, RUN)


def _done(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    return result


def _refused(result: Result, said: str, code: int = 2) -> None:
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def _scores(folder: str = RUN) -> list[ScoreRecord]:
    return read_scores(RunDir(Path(folder)))


def _metrics() -> list[tuple[str, int]]:
    """The metrics that scored the run, and after which steps."""
    return [(record.metric.rpartition("/")[2], record.step) for record in _scores()]


def _saved(folder: str = RUN) -> tuple[str, list[str]]:
    """What ``best`` names, and all saves."""
    checkpoints = Path(folder, "checkpoints")
    saves = sorted(path.name for path in checkpoints.iterdir() if path.name.isdigit())
    return (checkpoints / "best").read_text().strip(), saves


@pytest.mark.parametrize(
    ("metric", "said", "code"),
    [
        ("picky", "metric 'picky': it needs pictures, and this data is none", 2),
        ("offline", "metric 'offline': its weights can't be had", 1),
    ],
)
def test_refused_before_the_run(
    train: Callable[..., Result], metric: str, said: str, code: int
) -> None:
    _refused(train("--metric", "waning", "--metric", metric), said, code)
    assert not Path("runs").exists()


def test_the_last_step_is_scored(train: Callable[..., Result], ganfw: Ganfw) -> None:
    """Wherever in an epoch a run ends, by every metric, once; and it may be the best one."""
    metrics = ("--metric", "waxing", "--metric", "waning", "-s", "metric.waning.every=2")
    _done(train(*metrics, "--steps", 7))
    assert _metrics() == [("waxing", 4), ("waxing", 7), ("waning", 7)]
    assert _saved() == ("000007", ["000004", "000007"])
    _done(ganfw("resume", RUN, "--steps", 8))
    assert [record.step for record in _scores()] == [4, 7, 7, 8, 8]


def test_the_best_is_kept_and_can_be_used(train: Callable[..., Result], ganfw: Ganfw) -> None:
    _done(train("--metric", "waning", "--epochs", 5, "-s", "callback.checkpoints.keep=2"))
    assert _saved() == ("000004", ["000004", "000016", "000020"])
    _done(train("--metric", "waning", "--epochs", 1))
    best, only = (
        load_file(f"runs/{name}/model.safetensors")
        for name in ("0001-linear-halves/generator_best", "0002-linear-halves/generator")
    )
    assert all(torch.equal(best[name], only[name]) for name in only)
    assert package.load(RUN, best=True).folder.name == "generator_best"
    words = ("evaluate", RUN, "--metric", "frechet-gaussian", "--json")
    for more, made in (((), (20, "generator")), (("--best",), (4, "generator_best"))):
        record = json.loads(_done(ganfw(*words, *more)).stdout)[0]
        assert (record["step"], record["weights"]) == made
    _done(train())
    _refused(ganfw("evaluate", "runs/0003-linear-halves", "--best"), "has no generator_best", 1)


def test_the_name_of_the_best_never_dangles(
    train: Callable[..., Result], ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not where the better one can't be saved, and it is made good where it was not written."""
    whole = CheckpointStore.save

    def refuse(store: CheckpointStore, step: int, state: Any, best: bool = False) -> None:
        if step == 8:
            raise CheckpointError("the disk is full")
        whole(store, step, state, best)

    with monkeypatch.context() as patch:
        patch.setattr(CheckpointStore, "save", refuse)
        _done(train("--metric", "waning", "--epochs", 1))
        result = train("--metric", "waxing", "-s", "callback.checkpoints.keep=1")
    assert (result.exit_code, "disk is full" in result.stderr) == (1, True)
    assert _saved("runs/0002-linear-halves") == ("000004", ["000004"])
    Path(RUN, "checkpoints/best").unlink()
    _done(ganfw("resume", RUN, "--epochs", 2))
    assert _saved()[0] == "000004"


def test_what_a_metric_draws_is_its_own(
    train: Callable[..., Result], ganfw: Ganfw, trained: Path
) -> None:
    """Each score begins the streams anew, and the run goes on as if nothing had been drawn."""
    _done(train("--metric", "drawing"))
    plain, scored = (
        CheckpointStore(Path(folder, "checkpoints")).load(8) for folder in (trained, RUN)
    )
    assert torch.equal(plain["random"]["torch"], scored["random"]["torch"])
    for stream in ("numpy", "python"):
        assert plain["random"][stream] == scored["random"][stream]
    ours, theirs = (
        load_file(Path(folder, "generator/model.safetensors")) for folder in (trained, RUN)
    )
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    torch.rand(1)
    _done(ganfw("evaluate", RUN, "--metric", "drawing", "--seed", 1))
    first, second, other = (record.result for record in _scores())
    assert first == second
    assert first["before"] == other["before"]
    assert first["drawn"] != other["drawn"]


def test_a_metric_that_fails_costs_no_run(train: Callable[..., Result]) -> None:
    result = _done(train("--metric", "failing", "--metric", "waning"))
    line = "NOTE: epoch 1 has no score: metric 'failing': there are too few of them"
    assert line in result.stderr
    assert [record.step for record in _scores()] == [4, 8]
    result = train("--metric", "waning", "--metric", "broken", "--steps", 3)
    assert isinstance(result.exception, ValueError)
    assert [record.step for record in _scores("runs/0002-linear-halves")] == [3]
    assert CheckpointStore(Path("runs/0002-linear-halves/checkpoints")).steps() == [3]


def test_samples_that_are_not_finite_cost_no_run(
    train: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A generator that makes them is never taken for a perfect one."""
    spoilt = torch.full((256, 2), torch.nan)
    monkeypatch.setattr("ganfw.evaluation.sample_pool.generate", lambda *given: spoilt)
    result = _done(train("--metric", "random-frechet"))
    for when in ("epoch 1", "epoch 2"):
        line = f"NOTE: {when} has no score: metric 'random-frechet': the generator's samples are"
        assert line in result.stderr
    assert not Path(RUN, "scores.jsonl").exists()
    assert CheckpointStore(Path(RUN, "checkpoints")).steps() == [4, 8]


@pytest.mark.parametrize("metric", ["failing", "interrupted", "broken"])
@pytest.mark.usefixtures("run")
def test_scores_computed_before_a_failure_are_kept(ganfw: Ganfw, metric: str) -> None:
    result = ganfw("evaluate", RUN, "--metric", "waning", "--metric", metric)
    assert (result.exit_code != 0, result.stdout) == (True, "")
    assert _metrics() == [("waning", 8)]


@pytest.mark.usefixtures("run")
def test_what_does_not_fit_is_left_out_unless_named(ganfw: Ganfw) -> None:
    small = ("-s", "metric.random-prdc.samples=3", "-s", "metric.c2st.epochs=1",
             "-s", "metric.random-kid.samples=40")  # fmt: skip
    result = _done(ganfw("evaluate", RUN, *small))
    assert "left out: metric 'random-prdc': it needs 6 samples" in result.stderr
    metrics = {record.metric for record in _scores()}
    assert metrics == {"c2st", "random-kid", "swd", "frechet-gaussian"}
    named = ganfw("evaluate", RUN, "--metric", "random-prdc", *small[:2])
    _refused(named, "metric 'random-prdc': it needs 6 samples")


@pytest.mark.usefixtures("run")
def test_held_out_data(ganfw: Ganfw) -> None:
    """A score on the other half is kept beside the first, and each names its half."""
    words = ("evaluate", RUN, "--metric", "frechet-gaussian")
    for more in ((), ("-s", "data.split=test"), ()):
        _done(ganfw(*words, *more))
    test, train = _scores()
    assert (test.data.split, train.data.split) == ("test", "train")
    assert (test.data.fingerprint, train.data.fingerprint) == ("bb", "aa")
    assert test.data.options == {"split": "test"}
    assert test.main_score != train.main_score


def test_what_can_no_longer_be_set(ganfw: Ganfw) -> None:
    _done(ganfw("run", "--recipe", "d2l-gaussian", "--steps", 3, "--no-callback", "loss-curve"))
    for setting, said in (
        ("gen.bias=false", "-s gen.bias: evaluate takes metric.NAME.OPTION, data.split"),
        ("train.epochs=3", "-s train.epochs: evaluate takes metric.NAME.OPTION"),
        ("data.count=3", "-s data.count: evaluate takes metric.NAME.OPTION"),
        ("data.split=test", "data 'gaussian' has no option 'split'"),
    ):
        _refused(ganfw("evaluate", "runs/0001-linear-gaussian", "-s", setting), said)


@pytest.mark.usefixtures("run")
def test_refused_before_the_work(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch) -> None:
    """No data is read for what can't be had or kept."""
    monkeypatch.setattr(
        "ganfw.evaluation.evaluate_run.decode", lambda *given: pytest.fail("data was read")
    )
    words = ("evaluate", RUN, "--metric", "waning")
    _refused(ganfw(*words, "--nearest", "near.png"), "nearest real samples can be drawn of pict")
    Path(RUN, "scores.jsonl").write_text("{\n")
    _refused(ganfw(*words), "scores.jsonl can't be read", 1)


@pytest.mark.usefixtures("run")
def test_the_table_shows_all_that_was_found(ganfw: Ganfw) -> None:
    table = _done(ganfw("evaluate", RUN, "--metric", "waning")).stdout.splitlines()
    assert [line.split() for line in table[1:]] == [
        ["my_metrics.py/waning", "count", "1", "lower", "64"],
        ["my_metrics.py/waning", "modes/left", "0.5", "64"]]  # fmt: skip


def test_the_same_from_python(train: Callable[..., Result]) -> None:
    _done(train("--metric", "waning"))
    run = package.Run(Path(RUN))
    (record,) = run.evaluate("frechet-gaussian", {"metric.frechet-gaussian.samples": 50}, seed=3)
    assert record.result["generated_samples"] == 50
    assert record.seed == 3
    assert run.scores()[-1] == record
    assert [kept.step for kept in run.scores()] == [4, 8, 8]
    assert run.evaluate(["my_metrics.py/waning"], best=True)[0].step == 4
    assert run.sample(5, seed=1, truncation=0.5).shape == (5, 2)
    assert run.report() == Path(RUN, "report.html").absolute()
    assert run.report("elsewhere.html").read_text().startswith("<!doctype html>")
