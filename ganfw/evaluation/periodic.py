"""Scores while training: every few epochs and at the last step, with the best generator kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..config.run_config import ComponentConfig
from ..config.schema import MetricKeys
from ..errors import GanfwError
from ..interfaces.events import Score, Scores
from ..interfaces.run_view import RunView
from ..runs.records import ScoreRecord
from ..runs.scores import keep_scores
from ..runtime.logs import log
from .evaluator import Evaluator, SampleOrigin

Metrics = Sequence[ComponentConfig[MetricKeys]]


class PeriodicEvaluation:
    """Scores the generator by each of the run's metrics at the end of every ``every``-th epoch, and
    at the run's last step.

    The scores go to ``scores.jsonl``. The first metric's main score decides which step is best. A
    metric that fails costs its own scores, and a line, but not the run.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._best: float | None = None
        self.best_step = -1
        """The best step so far, whose weights are the present ones until the next step."""
        self._scored_at: dict[str, int] = {}

    def at_epoch_end(self, run: RunView, step: int, epoch: int) -> Scores | None:
        """The scores that are due at the end of ``epoch``, or None."""
        due = [metric for metric in self._evaluator.metrics if epoch % metric.keys.every == 0]
        return self._evaluate(due, run, step, epoch, f"epoch {epoch}")

    def at_last_step(self, run: RunView, step: int, epoch: int) -> Scores | None:
        """The scores of the run's last step, wherever in an epoch it is, that are not there yet."""
        metrics = self._evaluator.metrics
        due = [metric for metric in metrics if self._scored_at.get(metric.name) != step]
        return self._evaluate(due, run, step, epoch, f"step {step}")

    def state_dict(self) -> Mapping[str, Any]:
        """The best score so far, and its step."""
        return {"best": self._best, "best_step": self.best_step}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what `state_dict` gave."""
        self._best, self.best_step = state["best"], state["best_step"]

    def _evaluate(
        self, due: Metrics, run: RunView, step: int, epoch: int, when: str
    ) -> Scores | None:
        records = self._score_all(due, run, step, when)
        if not records:
            return None
        log.info(f"{when}: {'  '.join(map(str, records))}")
        decisive = records[0]
        is_best = decisive.metric == self._evaluator.metrics[0].label and self._improves(decisive)
        if is_best:
            self._best, self.best_step = decisive.main_score, step
        scores = tuple(score for record in records for score in _scores(record))
        return Scores(run, step, epoch, scores, is_best)

    def _score_all(self, due: Metrics, run: RunView, step: int, when: str) -> list[ScoreRecord]:
        """The records of the metrics that did not fail; kept even if one of them breaks."""
        origin = SampleOrigin(step, run.sampling_weights, run.seed)
        pool = self._evaluator.pool(run.sampling_generator, run.seed)
        records: list[ScoreRecord] = []
        try:
            for metric in due:
                self._scored_at[metric.name] = step
                try:
                    records.append(self._evaluator.score(metric, pool, origin))
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


def _scores(record: ScoreRecord) -> list[Score]:
    """The record's scores, as events give them."""
    return [
        Score(record.metric, name, value, name == record.main, record.lower_is_better)
        for name, value in record.scores.items()
    ]
