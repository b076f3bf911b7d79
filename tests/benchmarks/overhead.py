"""What callbacks take from a run: their own time, and the saving of checkpoints, in the loop."""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from measuring import Row

import ganfw
from ganfw.config.layers import DEFAULT_CALLBACKS
from ganfw.interfaces.callback import Callback
from ganfw.training.trainer import Trainer

IN_THE_LOOP = ("on_gradients_ready", "on_step_end", "on_log", "on_epoch_end", "on_checkpoint")


def rows(quick: bool) -> Iterator[Row]:
    """Two epochs of DCGAN on sprites, with the callbacks that a run has by default."""
    spent: dict[str, float] = dict.fromkeys((*DEFAULT_CALLBACKS, "saving"), 0.0)
    clock = {"began": 0.0, "ended": 0.0}
    run_epoch, save = Trainer._run_epoch, Trainer._save_checkpoint

    def timed_epoch(trainer: Trainer) -> None:
        if not clock["began"]:
            _time_callbacks(trainer.callbacks, spent)
            clock["began"] = time.perf_counter()
        run_epoch(trainer)
        clock["ended"] = time.perf_counter()

    with (
        tempfile.TemporaryDirectory() as out,
        contextlib.redirect_stderr(io.StringIO()),
        mock.patch.object(Trainer, "_run_epoch", timed_epoch),
        mock.patch.object(Trainer, "_save_checkpoint", _timed(save, spent, "saving")),
    ):
        ganfw.run(
            gen="dcgan",
            disc="dcgan",
            data="sprites",
            settings={"data.individuals": 8 if quick else 64, "train.batch_size": 64},
            epochs=2,
            out=out,
        )
    whole, share = clock["ended"] - clock["began"], sum(spent.values())
    slowest = max(spent, key=lambda name: spent[name])
    yield Row(
        "callbacks and saving, of the loop's time",
        f"{share:.2f} s, most of it {slowest}",
        f"{whole:.1f} s",
        f"{share / whole:.1%}",
        "2%",
    )


def _time_callbacks(callbacks: Any, spent: dict[str, float]) -> None:
    for name, callback in callbacks.items():
        for event in IN_THE_LOOP:
            if getattr(type(callback), event) is not getattr(Callback, event):
                setattr(callback, event, _timed(getattr(callback, event), spent, name))


def _timed(action: Callable[..., None], spent: dict[str, float], name: str) -> Callable[..., None]:
    def act(*words: Any) -> None:
        began = time.perf_counter()
        action(*words)
        spent[name] += time.perf_counter() - began

    return act
