"""The loop and the order of events. No maths here: the two turns are in `game`."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from ..data.loader import Loader
from ..interfaces import events
from ..interfaces.callback import Callback
from ..interfaces.dataset import Batch
from ..interfaces.player import Player
from ..interfaces.run_view import RunView
from ..runtime.agreement import Agreement
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.random_state import (
    gather_random_states,
    own_random_state,
    random_state,
    restore_random_state,
)
from ..sampling.latents import Latents
from ..storage.state_tree import from_text, to_text
from .game import Game, OnGradients
from .objective import StepLosses
from .progress import EpochMeter, Outcome, Progress, read_losses
from .schedules import Schedules
from .turns import DrawLatents


class PlayStep(Protocol):
    """Plays a step of a game: `Game.step`, or what takes its place."""

    def __call__(
        self,
        batches: Sequence[Batch],
        latents: DrawLatents,
        on_gradients: OnGradients,
        number: int,
    ) -> StepLosses: ...


class Evaluation(Protocol):
    """What judges the run while it trains."""

    best_step: int

    def at_epoch_end(self, run: RunView, step: int, epoch: int) -> events.Scores | None:
        """The scores that are due at the end of ``epoch``, or None."""
        ...

    def at_last_step(self, run: RunView, step: int, epoch: int) -> events.Scores | None:
        """The scores of the run's last step that are not there yet, or None."""
        ...

    def state_dict(self) -> Mapping[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


@dataclass
class Trainer:
    """One run: its players, its data, its callbacks, and where it is.

    ``play_step`` plays a step of the ``game``; ``save(step, state, is_best)`` writes a checkpoint.
    Of several processes the first alone has
    all of the callbacks, and the ``evaluation``.
    """

    game: Game
    play_step: PlayStep
    loader: Loader
    latents: Latents
    callbacks: Mapping[str, Callback]
    run: RunView
    disc_steps: int
    log_every: int
    save: Callable[[int, Mapping[str, Any], bool], None]
    processes: Processes = SINGLE_PROCESS
    evaluation: Evaluation | None = None
    schedules: Schedules = field(default_factory=Schedules)
    progress: Progress = field(default_factory=Progress)
    meter: EpochMeter = field(default_factory=EpochMeter)
    _pending: list[tuple[int, StepLosses]] = field(default_factory=list)
    _saved: int | None = None
    _save_due: bool = False
    _stopped: str | None = None
    _clock: float = 0.0

    def __post_init__(self) -> None:
        self._agreement = Agreement(self.processes)

    def fit(self) -> Outcome:
        """Train to the end, or until someone asks to stop, and save. What callbacks raise ends
        the run; they are all told of the failure first."""
        try:
            self._start()
            while self.progress.step < self.run.total_steps and not self._stopped:
                self._run_epoch()
            self._save_last()
            self._end()
        except BaseException as error:
            # An error of a callback must not hide the failure itself.
            failure = events.Failure(self.run, self.progress.step, error)
            for callback in self.callbacks.values():
                with contextlib.suppress(Exception):
                    callback.on_failure(failure)
            raise
        losses, device = self.meter.means(), str(self.run.device)
        return Outcome(
            self.progress.step,
            self._epochs_begun,
            *losses,
            device,
            self._stopped,
            self.run.requests.stop is not None,
        )

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        game = self.game.state_dict()
        return {
            "progress": asdict(self.progress),
            "meter": asdict(self.meter),
            **game,
            "callbacks": {name: callback.state_dict() for name, callback in self.callbacks.items()},
            "evaluation": self.evaluation.state_dict() if self.evaluation else {},
            "latents": self.latents.generator.get_state(),
            "losses_of_others": self._losses_of_others(game["losses"]),
            "random": random_state(),
            "random_of_others": gather_random_states(self.processes)[1:],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from where the state was saved. Callbacks new to the run start without state."""
        self.progress = Progress(**state["progress"])
        self.meter = EpochMeter(**state["meter"])
        others, rank = state.get("losses_of_others", []), self.processes.rank
        own = from_text(others[rank - 1]) if 0 < rank <= len(others) else state.get("losses", {})
        self.game.load_state_dict({**state, "losses": own})
        for name in self.callbacks.keys() & state["callbacks"].keys():
            self.callbacks[name].load_state_dict(state["callbacks"][name])
        # Release 0.1 kept it among the callbacks.
        judged = state.get("evaluation") or state["callbacks"].get("[[metric]]")
        if self.evaluation and judged:
            self.evaluation.load_state_dict(judged)
        self.latents.resume(state["latents"], self.progress.step)
        others = state.get("random_of_others", [])
        restore_random_state(own_random_state(state["random"], others, self.processes))
        self._saved = self.progress.step

    def _losses_of_others(self, own: Mapping[str, Any]) -> list[str]:
        """What the losses of the processes after the first have learnt, each of its own shard;
        ``own`` is what this process's have."""
        if self.processes.count == 1 or not any(own.values()):
            return []
        return self.processes.gather(to_text(own))[1:]

    @property
    def _epochs_begun(self) -> int:
        return self.progress.epoch - (self.progress.batch == 0)

    def _start(self) -> None:
        if self.evaluation and self.evaluation.best_step == self._saved:
            # Its checkpoint is complete, but the run may have ended before it was marked.
            self.run.checkpoints.mark_best(self._saved)
        event = events.TrainStart(self.run, self.progress.step, self.progress.epoch)
        for callback in self.callbacks.values():
            callback.on_train_start(event)
        self._clock = time.perf_counter()

    def _end(self) -> None:
        event = events.TrainEnd(self.run, self.progress.step, self._epochs_begun, self._stopped)
        for callback in self.callbacks.values():
            callback.on_train_end(event)

    def _run_epoch(self) -> None:
        if self.progress.batch == 0:
            self.meter = EpochMeter()
        batches = self.loader.epoch(self.progress.epoch, self.progress.batch)
        for group in _groups(batches, self.disc_steps):
            self._run_step(group)
            if self._stopped or self.progress.step == self.run.total_steps:
                break
        if self.progress.batch == len(self.loader):
            self._end_epoch()
        self._log()

    def _run_step(self, batches: list[Batch]) -> None:
        number = self.progress.step + 1
        self.schedules.apply(number)
        losses = self.play_step(batches, self.latents, self._gradients_ready, number)
        self.progress.step = number
        self.progress.batch += len(batches)
        self._pending.append((number, losses))
        event = events.StepEnd(self.run, number, self.progress.epoch)
        for callback in self.callbacks.values():
            callback.on_step_end(event)
        if len(self._pending) == self.log_every:
            self._log()
        self._agree()
        # At an epoch's last step the request waits, so that the state begins with the next epoch.
        if self._save_due and self.progress.batch < len(self.loader):
            self._save_checkpoint()

    def _end_epoch(self) -> None:
        self._log()
        step, epoch = self.progress.step, self.progress.epoch
        event = events.EpochEnd(self.run, step, epoch, *self.meter.means())
        self.progress.epoch += 1
        self.progress.batch = 0
        for callback in self.callbacks.values():
            callback.on_epoch_end(event)
        if self.evaluation:
            self._tell_scores(self.evaluation.at_epoch_end(self.run, step, epoch))
        self._agree()
        if self._save_due:
            self._save_checkpoint()
        self._clock = time.perf_counter()

    def _agree(self) -> None:
        """What one process asks for, all do, at the same step. A request that comes later, as a
        signal may at any moment, waits until they agree again."""
        self._save_due, stops = self._agreement.reach(*self._requests())
        if stops:
            said = self.processes.gather(self.run.requests.stop or "")
            self._stopped = next(filter(None, said))

    def _requests(self) -> tuple[bool, bool]:
        """Whether this process would save, and whether it would stop."""
        return self.run.requests.checkpoint, bool(self.run.requests.stop)

    def _log(self) -> None:
        """Read the pending losses off the device in one go, and tell the callbacks."""
        if not self._pending:
            return
        rows = read_losses(self._pending, self.progress.epoch, self.processes)
        self._pending.clear()
        self.processes.check_synchronized([player.network for player in self.run.networks.values()])
        seconds = time.perf_counter() - self._clock
        self.meter.add(rows, seconds)
        rate = sum(row.examples for row in rows) / max(seconds, 1e-9)
        event = events.Log(self.run, rows, rate)
        for callback in self.callbacks.values():
            callback.on_log(event)
        self._clock = time.perf_counter()

    def _tell_scores(self, event: events.Scores | None) -> None:
        if event is None:
            return
        if event.is_best:
            self.run.request_checkpoint()
        for callback in self.callbacks.values():
            callback.on_scores(event)

    def _save_last(self) -> None:
        """Save the last step, judged if the run has come to its end. Whatever a metric does, the
        state is saved first."""
        failed: Exception | None = None
        if self.evaluation and self.progress.step >= self.run.total_steps:
            try:
                step, epoch = self.progress.step, self._epochs_begun
                self._tell_scores(self.evaluation.at_last_step(self.run, step, epoch))
            except Exception as error:
                failed = error
        self._save_checkpoint()
        if failed is not None:
            raise failed

    def _save_checkpoint(self) -> None:
        """Save all state as of now, once. The callbacks have their say before."""
        self._log()
        self.run.requests.checkpoint = self._save_due = False
        step = self.progress.step
        if self._saved == step:
            return
        event = events.Checkpoint(self.run, step)
        for callback in self.callbacks.values():
            callback.on_checkpoint(event)
        is_best = self.evaluation is not None and self.evaluation.best_step == step
        self.save(step, self.state_dict(), is_best)
        self._saved = step
        self._clock = time.perf_counter()

    def _gradients_ready(self, name: str, player: Player) -> None:
        event = events.GradientsReady(self.run, self.progress.step + 1, name, player)
        for callback in self.callbacks.values():
            callback.on_gradients_ready(event)
        # From the step's first gradients on, while the processes have more to do.
        self._agreement.begin(*self._requests())


def _groups(batches: Iterator[Batch], length: int) -> Iterator[list[Batch]]:
    while group := list(itertools.islice(batches, length)):
        yield group
