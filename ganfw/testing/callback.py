"""What a callback owes: it listens, it disturbs nothing, and its state survives a resume."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data.memory_loader import MemoryLoader
from ..errors import CheckpointError
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
from ..storage.checkpoint import CheckpointStore
from ..storage.run_dir import RunDir
from ..training.trainer import Trainer
from .failure import Broken, expecting
from .subject import Subject, scratch
from .toys import ToyDataset, toy_game

SHAPES = (Shapes((2,), None, 0, 5), Shapes((3, 16, 16), (-1.0, 1.0), 3, 5))
_EVENTS = (
    "on_train_start", "on_gradients_ready", "on_step_end", "on_log", "on_epoch_end",
    "on_checkpoint", "on_train_end", "on_failure",
)  # fmt: skip
_EPOCHS, _STEPS_PER_EPOCH = 3, 3


def it_listens(subject: Subject) -> None:
    """Some event is overridden, and none is misspelt, which nobody would ever call."""
    target = subject.target
    own = {name for name in dir(target) if callable(getattr(target, name)) and name[0] != "_"}
    strangers = own - set(dir(Callback))
    for name in sorted(strangers):
        near = difflib.get_close_matches(name, _EVENTS, n=1, cutoff=0.8)
        if near:
            raise Broken(f"a method '{near[0]}'", f"'{name}', which nobody calls",
                         getattr(target, name))  # fmt: skip
    if all(getattr(target, name) is getattr(Callback, name) for name in _EVENTS):
        raise Broken(f"a method for some event: {', '.join(_EVENTS)}", "none", target)


def a_run_goes_through(subject: Subject) -> None:
    """Over points and pictures, in a folder of its own."""
    for shapes in SHAPES:
        _fit(_trainer(subject.build(), shapes, "whole"))


def a_failure_goes_through(subject: Subject) -> None:
    """Told of a failure before training began, it does not fail in its turn."""
    trainer = _trainer(subject.build(), SHAPES[0], "failure")
    event = events.Failure(trainer.run, 0, RuntimeError("no reason"))
    for callback in trainer.callbacks.values():
        with expecting("silence about a failure", type(callback).on_failure):
            callback.on_failure(event)


def state_is_plain_and_restores(subject: Subject) -> None:
    """What `state_dict` gave, saved and given back to another one, is what it gives again."""
    for shapes in SHAPES:
        trainer = _trainer(subject.build(), shapes, "first", stop_after=4)
        _fit(trainer)
        state = _saved(trainer, type(next(iter(trainer.callbacks.values()))))
        again = _trainer(subject.build(), shapes, "second")
        callback = next(iter(again.callbacks.values()))
        with expecting("state that can be taken back", type(callback).load_state_dict):
            again.load_state_dict(state)
            callback.on_train_start(events.TrainStart(again.run, 4, 2))
        wanted, got = state["callbacks"]["it"], callback.state_dict()
        if not _same(wanted, got):
            raise Broken(f"the state it was given, {_short(wanted)}", _short(got),
                         type(callback).state_dict)  # fmt: skip


def a_resumed_run_ends_the_same(subject: Subject) -> None:
    """Stopped after four steps and resumed, a run ends with the very same weights."""
    for shapes in SHAPES:
        straight = _trainer(subject.build(), shapes, "straight")
        _fit(straight)
        begun = _trainer(subject.build(), shapes, "begun", stop_after=4)
        _fit(begun)
        resumed = _trainer(subject.build(), shapes, "resumed")
        resumed.load_state_dict(_saved(begun, subject.target))
        _fit(resumed)
        if not _same(_weights(straight), _weights(resumed)):
            raise Broken("the weights of a run that was never stopped", "others after a resume",
                         subject.target.state_dict)  # fmt: skip


def _trainer(callback: Any, shapes: Shapes, name: str, stop_after: int | None = None) -> Trainer:
    """A small run with this one callback; always the same, but for the callback's doing."""
    seed_everything(5)
    device = torch.device("cpu")
    game, dataset = toy_game(shapes, device), ToyDataset(shapes)
    items = [dataset[index] for index in range(len(dataset))]
    stored = torch.from_numpy(np.stack([sample for sample, _ in items]))
    labels = torch.tensor([label for _, label in items]) if shapes.classes else None
    source = MemoryLoader(stored, labels, dataset.value_range, 4, 0, device)
    folder = _fresh_folder(name)
    run = RunView(
        folder=folder,
        dataset=dataset,
        shapes=shapes,
        players={"gen": game.gen, "disc": game.disc},
        losses={weighted.name: weighted.loss for weighted in game.losses},
        components=(),
        config={},
        seed=0,
        device=device,
        epochs=_EPOCHS,
        steps_per_epoch=_STEPS_PER_EPOCH,
        total_steps=_EPOCHS * _STEPS_PER_EPOCH,
        real_batch=source.spread,
    )

    latents = Latents(shapes.latent_dim, 0, device)
    callbacks = {"it": callback, "stop": _Stop(stop_after)}
    return Trainer(game, source, latents, callbacks, run, 1, 2, run.checkpoints.save)


def _fit(trainer: Trainer) -> None:
    with expecting("a run that goes through", type(trainer.callbacks["it"])):
        trainer.fit()


class _Stop(Callback):
    """Ends a run after some step, as an interruption would."""

    def on_step_end(self, event: events.StepEnd) -> None:
        if event.step == self.options:
            event.run.request_stop("check")


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


def _fresh_folder(name: str) -> RunDir:
    path = scratch() / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    folder = RunDir(path)
    write_provenance(folder, _PROVENANCE)
    return folder


def _saved(trainer: Trainer, at: Any) -> dict[str, Any]:
    """The trainer's state, by way of a checkpoint."""
    store = CheckpointStore(Path(trainer.run.folder.path) / "saved")
    try:
        store.save(4, trainer.state_dict())
    except (TypeError, CheckpointError) as error:
        raise Broken("state of plain values and tensors", str(error), at.state_dict) from error
    return store.load(4)


def _weights(trainer: Trainer) -> dict[str, Any]:
    return {name: each.network.state_dict() for name, each in trainer.run.players.items()}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor) or isinstance(other, Tensor):
        return (
            isinstance(one, Tensor)
            and isinstance(other, Tensor)
            and one.shape == other.shape
            and bool(torch.allclose(one, other, rtol=0, atol=0, equal_nan=True))
        )
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _short(state: Any) -> str:
    text = " ".join(repr(state).split())
    return text if len(text) <= 120 else text[:117] + "..."


CHECKS = (
    it_listens,
    a_run_goes_through,
    a_failure_goes_through,
    state_is_plain_and_restores,
    a_resumed_run_ends_the_same,
)
