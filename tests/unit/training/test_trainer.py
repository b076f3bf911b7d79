"""What callbacks are told, and in which of several processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import Result
from torch import Tensor

import ganfw as package
from ganfw import Callback, Metric
from ganfw.config.run_config import resolve
from ganfw.interfaces.shapes import Shapes
from ganfw.launch.build import build_callbacks
from ganfw.registry import session
from ganfw.registry.discovery import discover
from ganfw.runtime.agreement import Agreement
from ganfw.runtime.distributed import Processes
from ganfw.testing.toys import toy_game

Ganfw = Callable[..., Result]
POINTS = ("run", "--recipe", "d2l-gaussian", "-s", "data.count=64", "--epochs", "6")
SEEN: list[Any] = []


class Rising(Metric):
    """Worse from epoch to epoch."""

    main = "badness"
    judged = 0

    def __call__(self, real: Tensor, generate: Callable[[int], Tensor]) -> Mapping[str, Any]:
        Rising.judged += 1
        return {"badness": float(Rising.judged), "generated_samples": len(generate(4))}


class EarlyStop(Callback):
    """Stops once the score of this very epoch is worse than the best."""

    def on_scores(self, event: package.Scores) -> None:
        (score,) = (score for score in event.scores if score.is_main)
        SEEN.append((event.step, event.epoch, score.metric, score.value, event.is_best))
        if not event.is_best:
            event.run.request_stop("early stopping")


class Looking(Callback):
    """Reads what the engine offers, and draws as much as it likes."""

    def on_epoch_end(self, event: package.EpochEnd) -> None:
        run = event.run
        before = (torch.get_rng_state(), np.random.get_state()[1].tolist())
        mode = run.players["gen"].network.training
        samples, again = run.fixed_samples(5), run.fixed_samples(5)
        assert torch.equal(samples, again)
        assert not torch.equal(run.inputs(5, 1)[0], run.inputs(5)[0])
        with run.undisturbed():
            torch.rand(3)
            np.random.rand(3)
        assert torch.equal(before[0], torch.get_rng_state())
        assert before[1] == np.random.get_state()[1].tolist()
        assert run.players["gen"].network.training == mode
        names = {component.slot: component.name for component in run.components}
        SEEN.append((samples.shape, [*run.losses], names["data"], run.config["train"]["epochs"]))


class Everywhere(Callback):
    on_every_rank = True


class Late(Callback):
    """Remembers the run, for a request that comes between two events, as a signal does."""

    def on_train_start(self, event: package.TrainStart) -> None:
        SEEN.append(event.run)


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_REGISTERED", {})
    for cls in (EarlyStop, Looking, Everywhere, Late):
        package.register("callback", cls.__name__.lower())(cls)
    package.register("metric", "rising")(Rising)
    SEEN.clear()
    Rising.judged = 0


def test_early_stopping_sees_the_scores_of_its_own_epoch(ganfw: Ganfw) -> None:
    result = ganfw(*POINTS, "--metric", "rising", "--callback", "earlystop")
    assert result.exit_code == 0, result.output
    assert SEEN == [(8, 1, "session/rising", 1.0, True), (16, 2, "session/rising", 2.0, False)]
    assert "stopped by early stopping after step 16" in result.stderr
    assert Path("runs/0001-linear-gaussian/checkpoints/best").read_text() == "000008\n"


def test_one_metric_judges_twice_under_two_names(ganfw: Ganfw) -> None:
    words = ("--metric", "rising", "--metric", "rare=rising", "-s", "metric.rare.every=3")
    result = ganfw(*POINTS, *words, "--epochs", 3)
    assert result.exit_code == 0, result.output
    run = package.Run(Path("runs/0001-linear-gaussian"))
    assert [(score.metric, score.scores["badness"]) for score in run.scores()] == [
        ("session/rising", 1), ("session/rising", 2), ("session/rising", 3), ("rare", 4)
    ]  # fmt: skip
    (record,) = run.evaluate("once=rising")
    assert record.metric == "once"
    with pytest.raises(package.UsageError, match="metric 'rising' is given twice"):
        run.evaluate(["rising", "session/rising"])


def test_a_request_after_the_agreement_waits_for_the_next(
    ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several processes one would stop, and the others would wait for it for ever."""
    agreements, begun = [], []

    def agree(self: Agreement, *flags: bool) -> tuple[bool, ...]:
        agreements.append(flags)
        if len(agreements) == 3:
            SEEN[0].request_stop("a signal")
        return flags

    monkeypatch.setattr(Agreement, "reach", agree)
    monkeypatch.setattr(Agreement, "begin", lambda self, *flags: begun.append(len(agreements)))
    result = ganfw(*POINTS, "--callback", "late")
    assert "stopped by a signal after step 4" in result.stderr
    assert agreements == [(False, False)] * 3 + [(False, True)]
    assert begun == [0, 0, 1, 1, 2, 2, 3, 3]  # with the gradients of each player, before each end


def test_callbacks_are_given_what_they_need_and_disturb_nothing(ganfw: Ganfw) -> None:
    logs = []
    for words in ((), ("--callback", "looking")):
        assert ganfw(*POINTS, "--epochs", "2", *words).exit_code == 0
        folder = Path(f"runs/000{len(logs) + 1}-linear-gaussian")
        logs.append((folder / "samples/000016.png").read_bytes())
    assert SEEN == [((5, 2), ["nonsaturating"], "gaussian", 2)] * 2
    assert logs[0] == logs[1]


def test_the_first_process_alone_has_all_callbacks() -> None:
    registry = discover()
    layers = [package.config.recipes.recipe_layer(registry, "d2l-gaussian")]
    named = {name: {"use": name} for name in ("everywhere", "grad-clip", "looking", "samples")}
    layers.append(package.config.layers.Layer("test", {"callback": named}, frozenset({"callback"})))
    config = resolve(registry, layers)
    game = toy_game(Shapes((2,), None, 0, 2), torch.device("cpu"))
    assert set(build_callbacks(config, game, Processes(0, 2))) == {*named}
    assert set(build_callbacks(config, game, Processes(1, 2))) == {"everywhere", "grad-clip"}
