"""The loop and the order of events. No maths here: the two updates are in `game`."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from ..data.loader import Loader
from ..interfaces import events
from ..interfaces.callback import Callback
from ..interfaces.dataset import Batch
from ..interfaces.events import RunView, StepMetrics
from ..interfaces.player import Player, PlayerName
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.logs import log
from ..runtime.random_state import (
    parse_random_state,
    random_state,
    random_state_json,
    restore_random_state,
)
from ..sampling.latents import Latents
from .game import Game, StepLosses
from .memory_format import match_memory_format


@dataclass
class Progress:
    """How far a run is: ``step`` steps and ``batch`` batches of epoch ``epoch`` (from 1) done."""

    step: int = 0
    epoch: int = 1
    batch: int = 0


@dataclass
class EpochMeter:
    """Sums over the epoch so far, for means per example as the book prints them."""

    examples: int = 0
    loss_D: float = 0.0
    loss_G: float = 0.0
    seconds: float = 0.0

    def add(self, rows: tuple[StepMetrics, ...], seconds: float) -> None:
        for row in rows:
            self.examples += row.examples
            self.loss_D += row.loss_D * row.examples
            self.loss_G += row.loss_G * row.examples
        self.seconds += seconds

    def means(self) -> tuple[float, float, float]:
        """loss_D and loss_G per example, and examples per second."""
        examples = max(self.examples, 1)
        return self.loss_D / examples, self.loss_G / examples, examples / max(self.seconds, 1e-9)


@dataclass(frozen=True)
class Outcome:
    """How a run ended: means over its last epoch, and why it stopped if it stopped early."""

    step: int
    epoch: int
    loss_D: float
    loss_G: float
    examples_per_second: float
    device: str
    stopped: str | None

    def __str__(self) -> str:
        return (
            f"loss_D {self.loss_D:.3f}, loss_G {self.loss_G:.3f}, "
            f"{self.examples_per_second:.1f} examples/sec on {self.device}"
        )


@dataclass
class Trainer:
    """One run: its players, its data, its callbacks, and where it is.

    ``save(step, state)`` writes a checkpoint.
    """

    game: Game
    source: Loader
    latents: Latents
    callbacks: Mapping[str, Callback]
    run: RunView
    disc_steps: int
    log_every: int
    save: Callable[[int, Mapping[str, Any]], None]
    processes: Processes = SINGLE_PROCESS
    progress: Progress = field(default_factory=Progress)
    meter: EpochMeter = field(default_factory=EpochMeter)
    _pending: list[tuple[int, StepLosses]] = field(default_factory=list)
    _saved: int | None = None
    _clock: float = 0.0

    def fit(self) -> Outcome:
        """Train to the end, or until someone asks to stop, and save. What callbacks raise ends
        the run; they are all told of the failure first."""
        try:
            self._start()
            while self.progress.step < self.run.total_steps and not self.run.requests.stop:
                self._run_epoch()
            self._save_checkpoint()
            self._end()
        except BaseException as error:
            for callback in self.callbacks.values():
                # What a callback says of a failure must not hide the failure itself.
                with contextlib.suppress(Exception):
                    callback.on_failure(events.Failure(self.run, self.progress.step, error))
            raise
        device, stopped = str(self.run.device), self.run.requests.stop
        losses = self.meter.means()
        return Outcome(self.progress.step, self._epochs_begun, *losses, device, stopped)

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return {
            "progress": asdict(self.progress),
            "meter": asdict(self.meter),
            "players": {name: _player_state(each) for name, each in self.run.players.items()},
            "callbacks": {name: each.state_dict() for name, each in self.callbacks.items()},
            "augments": [each.state_dict() for each in self.game.augments],
            "latents": self.latents.generator.get_state(),
            "random": random_state(),
            "random_of_others": self._random_of_others(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up where the state was saved. Callbacks new to the run start afresh."""
        self.progress = Progress(**state["progress"])
        self.meter = EpochMeter(**state["meter"])
        for player_name, player in self.run.players.items():
            player.network.load_state_dict(state["players"][player_name]["network"])
            player.optimizer.load_state_dict(state["players"][player_name]["optimizer"])
            match_memory_format(player.optimizer)
        for name in self.callbacks.keys() & state["callbacks"].keys():
            self.callbacks[name].load_state_dict(state["callbacks"][name])
        for augment, saved in zip(self.game.augments, state.get("augments", []), strict=False):
            augment.load_state_dict(saved)
        self.latents.generator.set_state(state["latents"])
        restore_random_state(self._own_random_state(state))
        self._saved = self.progress.step

    def _random_of_others(self) -> list[str]:
        """The global streams of every other process, as JSON."""
        if self.processes.count == 1:
            return []
        return self.processes.gather(random_state_json())[1:]

    def _own_random_state(self, state: Mapping[str, Any]) -> Any:
        others = state.get("random_of_others", [])
        if len(others) + 1 != self.processes.count:
            log.warning(
                f"{len(others) + 1} processes saved this run, {self.processes.count} go on "
                "with it: what is random in its steps, and rounding, will differ"
            )
        rank = self.processes.rank
        return parse_random_state(others[rank - 1]) if 0 < rank <= len(others) else state["random"]

    @property
    def _epochs_begun(self) -> int:
        return self.progress.epoch - (self.progress.batch == 0)

    def _start(self) -> None:
        event = events.TrainStart(self.run, self.progress.step, self.progress.epoch)
        for callback in self.callbacks.values():
            callback.on_train_start(event)
        self._clock = time.perf_counter()

    def _end(self) -> None:
        stopped = self.run.requests.stop
        event = events.TrainEnd(self.run, self.progress.step, self._epochs_begun, stopped)
        for callback in self.callbacks.values():
            callback.on_train_end(event)

    def _run_epoch(self) -> None:
        if self.progress.batch == 0:
            self.meter = EpochMeter()
        batches = self.source.epoch(self.progress.epoch, self.progress.batch)
        for group in _groups(batches, self.disc_steps):
            self._run_step(group)
            if self.run.requests.stop or self.progress.step == self.run.total_steps:
                break
        if self.progress.batch == len(self.source):
            self._end_epoch()
        self._read_losses()

    def _run_step(self, batches: list[Batch]) -> None:
        number = self.progress.step + 1
        losses = self.game.step(batches, self.latents, self._gradients_ready, number)
        self.progress.step = number
        self.progress.batch += len(batches)
        self._pending.append((self.progress.step, losses))
        event = events.StepEnd(self.run, self.progress.step, self.progress.epoch)
        for callback in self.callbacks.values():
            callback.on_step_end(event)
        self._agree()
        if len(self._pending) == self.log_every:
            self._read_losses()
        # At an epoch's last step the request waits, so that the state begins with the next epoch.
        if self.run.requests.checkpoint and self.progress.batch < len(self.source):
            self._save_checkpoint()

    def _end_epoch(self) -> None:
        self._read_losses()
        step, epoch = self.progress.step, self.progress.epoch
        event = events.EpochEnd(self.run, step, epoch, *self.meter.means())
        self.progress.epoch += 1
        self.progress.batch = 0
        for callback in self.callbacks.values():
            callback.on_epoch_end(event)
        self._agree()
        if self.run.requests.checkpoint:
            self._save_checkpoint()
        self._clock = time.perf_counter()

    def _agree(self) -> None:
        """What one process asks for, all do, at the same step."""
        requests = self.run.requests
        saves, stops = self.processes.any(requests.checkpoint, bool(requests.stop))
        requests.checkpoint = saves
        if stops and not requests.stop:
            requests.stop = "another process"

    def _read_losses(self) -> None:
        """Read the pending losses off the device in one go, and tell the callbacks."""
        if not self._pending:
            return
        rows = _read(self._pending, self.progress.epoch, self.processes)
        self._pending.clear()
        self.processes.check_synchronized([each.network for each in self.run.players.values()])
        seconds = time.perf_counter() - self._clock
        self.meter.add(rows, seconds)
        rate = sum(row.examples for row in rows) / max(seconds, 1e-9)
        event = events.Log(self.run, rows, rate)
        for callback in self.callbacks.values():
            callback.on_log(event)
        self._clock = time.perf_counter()

    def _save_checkpoint(self) -> None:
        """Save all state as of now, once. The callbacks have their say before."""
        self._read_losses()
        self.run.requests.checkpoint = False
        if self._saved == self.progress.step:
            return
        event = events.Checkpoint(self.run, self.progress.step)
        for callback in self.callbacks.values():
            callback.on_checkpoint(event)
        self.save(self.progress.step, self.state_dict())
        self._saved = self.progress.step
        self._clock = time.perf_counter()

    def _gradients_ready(self, name: PlayerName, player: Player) -> None:
        step = self.progress.step + 1
        event = events.GradientsReady(self.run, step, name, player)
        for callback in self.callbacks.values():
            callback.on_gradients_ready(event)


def _player_state(player: Player) -> dict[str, Any]:
    return {
        "network": player.network.state_dict(),
        "optimizer": player.optimizer.state_dict(),
    }


def _groups(batches: Iterator[Batch], length: int) -> Iterator[list[Batch]]:
    while group := list(itertools.islice(batches, length)):
        yield group


def _read(
    pending: list[tuple[int, StepLosses]], epoch: int, processes: Processes
) -> tuple[StepMetrics, ...]:
    stacked = torch.stack(
        [
            value
            for _, losses in pending
            for value in (losses.loss_D, losses.loss_G, *losses.terms.values())
        ]
    )
    values = processes.mean(stacked).tolist()
    numbers = iter(values)
    return tuple(
        StepMetrics(
            step,
            epoch,
            losses.examples * processes.count,
            next(numbers),
            next(numbers),
            {name: next(numbers) for name in losses.terms},
        )
        for step, losses in pending
    )
