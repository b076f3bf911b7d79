"""What a callback must do: handle events, disturb nothing, and have state that can be saved."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..data.memory_loader import MemoryLoader
from ..interfaces import events
from ..interfaces.callback import Callback
from ..interfaces.run_view import RunView
from ..interfaces.shapes import Shapes
from ..runs.records import (
    RUN_FORMAT,
    DataRecord,
    MachineRecord,
    Provenance,
    write_provenance,
)
from ..runtime.random_state import seed_everything
from ..sampling.latents import Latents
from ..storage.run_dir import RunDir
from ..training.trainer import Trainer
from .failure import Broken
from .files import new_folder, save_and_load
from .subject import Subject
from .toys import ToyDataset, toy_game, toy_labels

SHAPES = (Shapes((2,), None, 0, 5), Shapes((3, 16, 16), (-1.0, 1.0), 3, 5))
_EVENTS = (
    "on_composed", "on_train_start", "on_gradients_ready", "on_step_end", "on_log", "on_epoch_end",
    "on_scores", "on_checkpoint", "on_train_end", "on_failure",
)  # fmt: skip
_EPOCHS, _STOPPED_AT = 3, 4


def it_handles_events(subject: Subject) -> None:
    """It overrides some event's method, and none has a misspelt name, which is never called."""
    target = subject.target
    public = {name for name in dir(target) if callable(getattr(target, name)) and name[0] != "_"}
    for name in sorted(public - set(dir(Callback))):
        for near in difflib.get_close_matches(name, _EVENTS, n=1, cutoff=0.8):
            raise Broken(f"a method '{near}'", f"'{name}', never called", getattr(target, name))
    if all(getattr(target, name) is getattr(Callback, name) for name in _EVENTS):
        raise Broken(f"a method for some event: {', '.join(_EVENTS)}", "none", target)


def a_run_completes(subject: Subject) -> None:
    """Over points and pictures, in a folder of its own."""
    for shapes in SHAPES:
        _trainer(subject, shapes).fit()


def a_failure_is_handled(subject: Subject) -> None:
    """Told of a failure before training began, it does not fail itself."""
    trainer = _trainer(subject, SHAPES[0])
    failure = events.Failure(trainer.run, 0, RuntimeError("no reason"))
    trainer.callbacks["it"].on_failure(failure)


def state_is_plain_and_restores(subject: Subject) -> None:
    """What `state_dict` returns, saved and loaded by a second callback, is what that returns."""
    for shapes in SHAPES:
        state = _state_of_stopped_run(subject, shapes)
        resumed = _trainer(subject, shapes)
        callback = resumed.callbacks["it"]
        resumed.load_state_dict(state)
        callback.on_train_start(events.TrainStart(resumed.run, _STOPPED_AT, 2))
        at = type(callback).state_dict
        wanted, got = state["callbacks"]["it"], save_and_load(callback.state_dict(), at)
        if not _same(wanted, got):
            texts = [textwrap.shorten(repr(state), 120) for state in (wanted, got)]
            raise Broken(f"the state it was given, {texts[0]}", texts[1], at)


def a_resumed_run_ends_the_same(subject: Subject) -> None:
    """Stopped after four steps and resumed, a run ends with the very same weights."""
    for shapes in SHAPES:
        whole = _trainer(subject, shapes)
        whole.fit()
        state = _state_of_stopped_run(subject, shapes)
        resumed = _trainer(subject, shapes)
        resumed.load_state_dict(state)
        resumed.fit()
        if not _same(whole.game.state_dict(), resumed.game.state_dict()):
            at = subject.target.state_dict
            raise Broken("the weights of a run without a stop", "others after a resume", at)


def _state_of_stopped_run(subject: Subject, shapes: Shapes) -> dict[str, Any]:
    trainer = _trainer(subject, shapes, stop_at=_STOPPED_AT)
    trainer.fit()
    return save_and_load(trainer.state_dict(), subject.target.state_dict)


def _trainer(subject: Subject, shapes: Shapes, stop_at: int | None = None) -> Trainer:
    """A small run with this one callback; apart from it, always the same."""
    seed_everything(5)
    device = torch.device("cpu")
    game, dataset = toy_game(shapes, device), ToyDataset(shapes)
    stored, labels = torch.from_numpy(dataset.items), toy_labels(shapes, len(dataset))
    loader = MemoryLoader(stored, labels, dataset.value_range, 4, 0, device)
    run = RunView(
        folder=_run_folder(),
        dataset=dataset,
        shapes=shapes,
        networks=game.players,
        losses={weighted.name: weighted.loss for weighted in game.losses},
        components=(),
        config={},
        seed=0,
        device=device,
        epochs=_EPOCHS,
        steps_per_epoch=len(loader),
        total_steps=_EPOCHS * len(loader),
        real_batch=loader.evenly_spaced,
    )
    return Trainer(
        game=game,
        play_step=game.step,
        loader=loader,
        latents=Latents(game.gen.network, shapes, 0, device),
        callbacks={"it": subject.build(), "stop": _Stop(stop_at)},
        run=run,
        disc_steps=1,
        log_every=2,
        save=run.checkpoints.save,
        evaluation=_Evaluation(),
    )


class _Stop(Callback):
    """Ends a run after some step, as an interruption would."""

    def on_step_end(self, event: events.StepEnd) -> None:
        if event.step == self.options:
            event.run.request_stop("check")


class _Evaluation:
    """The same score at the end of each epoch."""

    best_step = 0

    def at_epoch_end(self, run: RunView, step: int, epoch: int) -> events.Scores:
        score = events.Score("toy", "toy", 1.0, is_main=True, lower_is_better=True)
        return events.Scores(run, step, epoch, (score,), is_best=False)

    def at_last_step(self, run: RunView, step: int, epoch: int) -> None:
        """All scores are there already."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing was saved."""


_PROVENANCE = Provenance(
    format=RUN_FORMAT,
    argv=("ganfw", "check"),
    started="",
    seed=0,
    data=DataRecord(trained_on="toy", asked="toy", fingerprint="", examples=0),
    components=(),
    origins={},
    plugin_files=(),
    versions={},
    machine=MachineRecord(device="cpu", device_name="", platform="", python=""),
    resumed=(),
)
"""What callbacks may read of how the run was made."""


def _run_folder() -> RunDir:
    folder = RunDir(new_folder())
    write_provenance(folder, _PROVENANCE)
    return folder


def _same(one: Any, other: Any) -> bool:
    """Whether two states are equal, nan included."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape and torch.allclose(one, other, 0, 0, equal_nan=True)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and (one == other or one != one)


CHECKS = (
    it_handles_events,
    a_run_completes,
    a_failure_is_handled,
    state_is_plain_and_restores,
    a_resumed_run_ends_the_same,
)
