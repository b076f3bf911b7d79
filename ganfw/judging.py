"""Scores while training: every few epochs, with the best checkpoint kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import events
from .atomic import write_text
from .errors import RunError
from .interfaces import Callback
from .judge import Judge, Made, Record, keep_scores, main_score, numbers
from .options import Options


class Judging(Callback):
    """Judges the generator by each of the run's metrics at the end of every ``every``-th epoch.

    The scores go to ``scores.jsonl``. The first metric's main score decides which checkpoint
    ``checkpoints/best`` names; that one is saved, and kept.
    """

    def __init__(self, make_judge: Callable[[], Judge]) -> None:
        super().__init__(Options())
        self._make_judge = make_judge
        self._best: float | None = None
        self._best_step = -1

    def train_start(self, event: events.TrainStart) -> None:
        self._judge = self._make_judge()

    def epoch_end(self, event: events.EpochEnd) -> None:
        run, judge = event.run, self._judge
        due = [each for each in judge.metrics if event.epoch % each.keys.every == 0]
        if not due:
            return
        drawn = judge.drawn(run.showcase, run.seed)
        records = [judge.score(each, drawn, _made(run, event.step)) for each in due]
        keep_scores(run.folder.scores, records)
        run.say(f"epoch {event.epoch}: {'  '.join(map(in_short, records))}")
        if due[0] is judge.metrics[0] and self._improves(records[0]):
            self._best, self._best_step = main_score(records[0]), event.step
            run.request_checkpoint()

    def checkpoint(self, event: events.Checkpoint) -> None:
        if event.step == self._best_step:
            path = event.run.folder.checkpoints / "best"
            try:
                write_text(path, f"{event.step:06d}\n")
            except OSError as error:
                raise RunError(f"{path} can't be written: {error.strerror}") from None

    def state_dict(self) -> Mapping[str, Any]:
        return {"best": self._best, "best_step": self._best_step}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._best, self._best_step = state["best"], state["best_step"]

    def _improves(self, record: Record) -> bool:
        score = main_score(record)
        if score is None or self._best is None:
            return score is not None
        return score < self._best if record["lower_is_better"] else score > self._best


def in_short(record: Record) -> str:
    """The main score, or all of them, in a few words."""
    score = main_score(record)
    shown = numbers(record) if score is None else {record["main"]: score}
    return ", ".join(f"{name} {value:.4g}" for name, value in shown.items())


def _made(run: events.RunView, step: int) -> Made:
    weights = next(reversed(run.published), "generator")
    return Made(step, weights, run.seed)
