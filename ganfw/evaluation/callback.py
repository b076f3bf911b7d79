"""Scores while training: every few epochs and at the last step, with the best generator kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..config.run_config import ComponentConfig
from ..config.schema import MetricKeys
from ..errors import GanfwError
from ..interfaces import events
from ..interfaces.callback import Callback
from ..interfaces.options import Options
from ..runs.records import ScoreRecord
from ..runs.scores import keep_scores
from ..runtime.logs import log
from ..storage import checkpoint
from .evaluator import Evaluator, SampleOrigin


class EvaluationCallback(Callback):
    """Judges the generator by each of the run's metrics at the end of every ``every``-th epoch, and
    at the run's last step.

    The scores go to ``scores.jsonl``. The first metric's main score decides which step is best;
    that one is saved and kept, and its generator exported. A metric that fails costs its own
    scores, and a line, but not the run.
    """

    def __init__(self, judge: Evaluator) -> None:
        super().__init__(Options())
        self._judge = judge
        self._best: float | None = None
        self.best_step = -1
        """The best step so far, whose weights are the present ones until the next step."""
        self._judged: dict[str, int] = {}
        self._failed: Exception | None = None

    def on_train_start(self, event: events.TrainStart) -> None:
        if event.step == self.best_step:
            # Its save is whole, but the run may have ended before it was named.
            checkpoint.name_best(event.run.folder.checkpoints, event.step)

    def on_epoch_end(self, event: events.EpochEnd) -> None:
        due = [each for each in self._judge.metrics if event.epoch % each.keys.every == 0]
        if self._improved_by(due, event.run, event.step, f"epoch {event.epoch}"):
            event.run.request_checkpoint()

    def on_checkpoint(self, event: events.Checkpoint) -> None:
        """The last step is judged before it is saved, wherever in an epoch it is."""
        if event.step < event.run.total_steps:
            return
        metrics = self._judge.metrics
        due = [each for each in metrics if self._judged.get(each.registered.name) != event.step]
        try:
            self._improved_by(due, event.run, event.step, f"step {event.step}")
        except Exception as error:
            # Whatever a metric does, the run's last state is saved first.
            self._failed = error

    def on_train_end(self, event: events.TrainEnd) -> None:
        if self._failed is not None:
            raise self._failed

    def state_dict(self) -> Mapping[str, Any]:
        return {"best": self._best, "best_step": self.best_step}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._best, self.best_step = state["best"], state["best_step"]

    def _improved_by(
        self, due: Sequence[ComponentConfig[MetricKeys]], run: events.RunView, step: int, when: str
    ) -> bool:
        """Judge by the metrics that are ``due``: whether the generator is the best so far."""
        records = self._score_all(due, run, step, when)
        if records:
            log.info(f"{when}: {'  '.join(map(str, records))}")
        decisive = self._judge.metrics[0].use
        if not records or records[0].metric != decisive or not self._improves(records[0]):
            return False
        self._best, self.best_step = records[0].main_score, step
        return True

    def _score_all(
        self, due: Sequence[ComponentConfig[MetricKeys]], run: events.RunView, step: int, when: str
    ) -> list[ScoreRecord]:
        """The records of those that could judge; they are kept, also where one of them breaks."""
        origin = SampleOrigin(step, next(reversed(run.exported), "generator"), run.seed)
        pool = self._judge.pool(run.sampling_generator, run.seed)
        records: list[ScoreRecord] = []
        try:
            for component in due:
                self._judged[component.registered.name] = step
                try:
                    records.append(self._judge.score(component, pool, origin))
                except GanfwError as error:
                    log.warning(f"{when} has no score: {error}")
        finally:
            keep_scores(run.folder, records)
        return records

    def _improves(self, record: ScoreRecord) -> bool:
        score = record.main_score
        if score is None or self._best is None:
            return score is not None
        return score < self._best if record.lower_is_better else score > self._best
