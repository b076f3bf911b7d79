"""Ends a run whose numbers became nan or infinite, and says where that began and what to try."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from typing import Literal

import torch
from torch import Tensor

from ganfw import Callback, Checkpoint, Log, RunView, StepMetrics, TrainingError


class NonfiniteGuard(Callback):
    """Raises TrainingError at the first term that is nan or infinite, and before a checkpoint with
    such weights or buffers, so that the last checkpoint is always a good one."""

    def on_log(self, event: Log) -> None:
        for row in event.rows:
            for name, value in nonfinite(row):
                what = f"step {row.step}: {name} is {value}"
                raise TrainingError(f"{what}. {advice(event.run, name)}")

    def on_checkpoint(self, event: Checkpoint) -> None:
        """All tensors are checked on the device, and the results are read off it in one go."""
        tensors = dict(_tensors(event.run))
        finite = torch.stack([tensor.isfinite().all() for tensor in tensors.values()]).tolist()
        for name, good in zip(tensors, finite, strict=True):
            if not good:
                what = f"step {event.step}: {name} is not finite, so nothing was saved"
                raise TrainingError(f"{what}. {advice(event.run, name)}")


def nonfinite(row: StepMetrics) -> Iterator[tuple[str, float]]:
    """The names and values of ``row`` that are nan or infinite, terms before their sums."""
    numbers = {**row.terms, "D/loss": row.loss_D, "G/loss": row.loss_G}
    return ((name, value) for name, value in numbers.items() if not math.isfinite(value))


def advice(run: RunView, name: str) -> str:
    """Which checkpoint is good, and what to try for the player whose ``name`` went wrong."""
    last = run.checkpoints.last
    saved = "There is no checkpoint yet"
    back = saved if last is None else f"The last good checkpoint is {run.checkpoints.folder(last)}"
    player: Literal["gen", "disc"] = "gen" if name.startswith(("G/", "gen.")) else "disc"
    # Its optimizer's default is what the user set; a schedule may have changed the current rate.
    lr = run.players[player].optimizer.defaults.get("lr")
    lower = f"-s {player}.optimizer.lr={lr / 10:g} (it was {lr:g})" if lr else "a lower rate"
    return f"{back}. Try {lower}, --callback grad-clip, or a penalty such as --loss r1"


def _tensors(run: RunView) -> Iterator[tuple[str, Tensor]]:
    for name, player in run.networks.items():
        network = player.network
        for path, tensor in chain(network.named_parameters(), network.named_buffers()):
            yield f"{name}.{path}", tensor
