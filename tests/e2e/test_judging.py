"""Judging a run while it trains and afterwards: when, by what, and what fails or does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import Result
from safetensors.torch import load_file

import ganfw as package
from ganfw import CheckpointError
from ganfw.storage.checkpoint import CheckpointStore

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
        raise ShapesError("it judges pictures, and this data is none")


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
    yield Component("dataset", "halves", "judges:Halves", options="judges:HalvesOptions")
    for cls in (Waning, Waxing, Drawing, Picky, Offline, Failing, Broken, Interrupted):
        yield Component("metric", cls.__name__.lower(), f"judges:{cls.__name__}")
'''
RUN = "runs/0001-linear-halves"
Ganfw = Callable[..., Result]


@pytest.fixture
def train(ganfw: Ganfw) -> Callable[..., Result]:
    """``train("--metric", …)``: two epochs of four steps, saved at each."""
    Path("judges.py").write_text(PLUGIN)
    words = ("run", "--plugin", "judges.py", "--gen", "linear", "--disc", "mlp", "--data", "halves",
             "--no-callback", "loss-curve", "--no-callback", "samples", "--epochs", "2",
             "-s", "train.batch_size=16", "-s", "callback.checkpoints.min_seconds=0")  # fmt: skip
    return lambda *more: ganfw(*words, *more)


def _done(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    return result


def _refused(result: Result, said: str, code: int = 2) -> None:
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def _scores(folder: str = RUN) -> list[dict[str, Any]]:
    lines = Path(folder, "scores.jsonl").read_text().splitlines()
    records: list[dict[str, Any]] = [json.loads(line) for line in lines]
    for each in records:
        each["metric"] = each["metric"].rpartition("/")[2]
    return records


def _saved(folder: str = RUN) -> tuple[str, list[str]]:
    """What ``best`` names, and all saves."""
    checkpoints = Path(folder, "checkpoints")
    saves = sorted(each.name for each in checkpoints.iterdir() if each.name.isdigit())
    return (checkpoints / "best").read_text().strip(), saves


@pytest.mark.parametrize(
    ("metric", "said", "code"),
    [
        ("picky", "metric 'picky': it judges pictures, and this data is none", 2),
        ("offline", "metric 'offline': its weights can't be had", 1),
    ],
)
def test_refused_before_the_run(
    train: Callable[..., Result], metric: str, said: str, code: int
) -> None:
    _refused(train("--metric", "waning", "--metric", metric), said, code)
    assert not Path("runs").exists()


def test_the_last_step_is_judged(train: Callable[..., Result], ganfw: Ganfw) -> None:
    """Wherever in an epoch a run ends, by every metric, once; and it may be the best one."""
    metrics = ("--metric", "waxing", "--metric", "waning", "-s", "metric.waning.every=2")
    _done(train(*metrics, "--steps", 7))
    assert [(each["metric"], each["step"]) for each in _scores()] == [
        ("waxing", 4), ("waxing", 7), ("waning", 7)]  # fmt: skip
    assert _saved() == ("000007", ["000004", "000007"])
    _done(ganfw("resume", RUN, "--steps", 8))
    assert [each["step"] for each in _scores()] == [4, 7, 7, 8, 8]


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


def test_what_a_metric_draws_is_its_own(train: Callable[..., Result], ganfw: Ganfw) -> None:
    """Each judgement begins the streams anew, and the run's go on as if nothing had been drawn."""
    _done(train())
    _done(train("--metric", "drawing"))
    plain, judged = (
        CheckpointStore(Path(f"runs/{name}-linear-halves/checkpoints")).load(8)["random"]
        for name in ("0001", "0002")
    )
    assert torch.equal(plain["torch"], judged["torch"])
    assert (plain["numpy"], plain["python"]) == (judged["numpy"], judged["python"])
    torch.rand(1)
    _done(ganfw("evaluate", "runs/0002-linear-halves", "--metric", "drawing", "--seed", 1))
    first, second, other = (each["result"] for each in _scores("runs/0002-linear-halves"))
    assert first == second
    assert first["before"] == other["before"]
    assert first["drawn"] != other["drawn"]


def test_a_metric_that_fails_costs_no_run(train: Callable[..., Result]) -> None:
    result = _done(train("--metric", "failing", "--metric", "waning"))
    line = "NOTE: epoch 1 has no score: metric 'failing': there are too few of them"
    assert line in result.stderr
    assert [each["step"] for each in _scores()] == [4, 8]
    result = train("--metric", "waning", "--metric", "broken", "--steps", 3)
    assert isinstance(result.exception, ValueError)
    assert [each["step"] for each in _scores("runs/0002-linear-halves")] == [3]
    assert CheckpointStore(Path("runs/0002-linear-halves/checkpoints")).steps() == [3]


@pytest.mark.parametrize("metric", ["random-frechet", "random-prdc", "c2st"])
def test_samples_that_are_not_finite_cost_no_run(
    train: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, metric: str
) -> None:
    """A generator that makes them is never taken for a perfect one."""
    spoilt = torch.full((256, 2), torch.nan)
    monkeypatch.setattr("ganfw.evaluation.sample_pool.generate", lambda *given: spoilt)
    result = _done(train("--metric", metric))
    for when in ("epoch 1", "epoch 2"):
        line = f"NOTE: {when} has no score: metric '{metric}': the generator's samples are not"
        assert line in result.stderr
    assert not Path(RUN, "scores.jsonl").exists()
    assert CheckpointStore(Path(RUN, "checkpoints")).steps() == [4, 8]


@pytest.mark.parametrize("metric", ["failing", "interrupted", "broken"])
def test_scores_made_before_a_failure_are_kept(
    train: Callable[..., Result], ganfw: Ganfw, metric: str
) -> None:
    _done(train())
    result = ganfw("evaluate", RUN, "--metric", "waning", "--metric", metric)
    assert (result.exit_code != 0, result.stdout) == (True, "")
    assert [each["metric"] for each in _scores()] == ["waning"]


def test_what_does_not_fit_is_left_out_unless_named(
    train: Callable[..., Result], ganfw: Ganfw
) -> None:
    _done(train())
    small = ("-s", "metric.random-prdc.samples=3", "-s", "metric.c2st.epochs=1",
             "-s", "metric.random-kid.samples=40")  # fmt: skip
    result = _done(ganfw("evaluate", RUN, *small))
    assert "left out: metric 'random-prdc': it needs 6 samples" in result.stderr
    assert "left out: metric 'swd'" in result.stderr
    assert {each["metric"] for each in _scores()} == {"c2st", "random-kid", "frechet-gaussian"}
    named = ganfw("evaluate", RUN, "--metric", "random-prdc", *small[:2])
    _refused(named, "metric 'random-prdc': it needs 6 samples")


def test_held_out_data(train: Callable[..., Result], ganfw: Ganfw) -> None:
    """ScoreSeries by the other half: kept beside the other score, and said in both."""
    _done(train("-s", "train.epochs=1"))
    words = ("evaluate", RUN, "--metric", "frechet-gaussian")
    for more in ((), ("-s", "data.split=test"), ()):
        _done(ganfw(*words, *more))
    data = [each["data"] for each in _scores()]
    assert [each["split"] for each in data] == ["test", "train"]
    assert [each["fingerprint"] for each in data] == ["bb", "aa"]
    assert data[0]["options"] == {"split": "test"}
    results = [each["result"]["frechet_gaussian"] for each in _scores()]
    assert results[0] != results[1]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("gen.bias=false", "-s gen.bias: evaluate takes metric.NAME.OPTION, and data.split"),
        ("train.epochs=3", "-s train.epochs: evaluate takes metric.NAME.OPTION"),
        ("data.count=3", "-s data.count: evaluate takes metric.NAME.OPTION"),
        ("data.split=test", "data 'gaussian' has no option 'split'"),
    ],
)
def test_what_can_no_longer_be_set(ganfw: Ganfw, setting: str, said: str) -> None:
    _done(ganfw("run", "--recipe", "d2l-gaussian", "--steps", 3, "--no-callback", "loss-curve"))
    _refused(ganfw("evaluate", "runs/0001-linear-gaussian", "-s", setting), said)


def test_refused_before_the_work(
    train: Callable[..., Result], ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No data is read for what can't be had or kept."""
    _done(train())
    monkeypatch.setattr(
        "ganfw.evaluation.evaluate_run.decode", lambda *given: pytest.fail("data was read")
    )
    words = ("evaluate", RUN, "--metric", "waning")
    _refused(ganfw(*words, "--nearest", "near.png"), "nearest real samples can be drawn of pict")
    Path(RUN, "scores.jsonl").write_text("{")
    _refused(ganfw(*words), "scores.jsonl can't be read", 1)


def test_the_step_comes_with_the_weights(train: Callable[..., Result], ganfw: Ganfw) -> None:
    """An export without it, of an earlier ganfw, is taken for the last checkpoint's."""
    _done(train())
    card = Path(RUN, "generator/config.json")
    content = json.loads(card.read_text())
    words = ("evaluate", RUN, "--metric", "waning", "--json")
    for step, expected in ((5, 5), (None, 8)):
        content["step"] = step
        known = {key: value for key, value in content.items() if value is not None}
        card.write_text(json.dumps(known))
        assert json.loads(_done(ganfw(*words)).stdout)[0]["step"] == expected


def test_the_table_shows_all_that_was_found(train: Callable[..., Result], ganfw: Ganfw) -> None:
    _done(train())
    table = _done(ganfw("evaluate", RUN, "--metric", "waning")).stdout.splitlines()
    assert [line.split() for line in table[1:]] == [
        ["judges.py/waning", "count", "1", "lower", "64"],
        ["judges.py/waning", "modes/left", "0.5", "64"]]  # fmt: skip


def test_the_same_from_python(train: Callable[..., Result]) -> None:
    _done(train("--metric", "waning"))
    run = package.Run(Path(RUN))
    records = run.evaluate("frechet-gaussian", {"metric.frechet-gaussian.samples": 50}, seed=3)
    assert records[0]["result"]["generated_samples"] == 50
    assert records[0]["seed"] == 3
    assert run.scores()[-1] == records[0]
    assert [each["step"] for each in run.scores()] == [4, 8, 8]
    assert run.evaluate(["judges.py/waning"], best=True)[0]["step"] == 4
    assert run.sample(5, seed=1, truncation=0.5).shape == (5, 2)
    assert run.report() == Path(RUN, "report.html")
    assert run.report("elsewhere.html").read_text().startswith("<!doctype html>")
