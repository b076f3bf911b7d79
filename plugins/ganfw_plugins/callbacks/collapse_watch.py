"""Warns of a game that is lost: samples that are all alike, or a critic that is never wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ganfw import (
    Callback,
    EpochEnd,
    RunView,
    RunWarning,
    TrainStart,
    eval_mode,
    log,
    tensor_of,
)

from .disk import writing
from .options import CollapseWatchOptions

_SAMPLES = 64
_ALIKE = (
    "samples are nearly alike: they differ {share:.0%} as much as real ones do. What helps: {help}"
)
_SURE = (
    "the critic is never wrong (loss_D {loss:.3f}), so the generator learns little from it. What "
    "helps: {help}"
)


_TIPS = {
    "augment": "--augment diffaugment",
    "r1": "--loss r1 beside the loss",
    "ema": "--callback ema",
}
"""What to try, by the slot or component of a run that does it already."""


class CollapseWatch(Callback):
    """At the end of each epoch, looks at samples from the same latents. It warns, once a run each,
    if for ``patience`` epochs in a row

    - their mean distance from each other is below ``alike`` times that of real samples, or
    - every real sample scores higher than every generated one, and 0 ≤ loss_D < ``sure``.

    Warnings are kept in ``warnings.jsonl``. Neither the run's random numbers nor the networks are
    changed. Raises RunError if the disk refuses.
    """

    options: CollapseWatchOptions

    def __init__(self, options: CollapseWatchOptions) -> None:
        super().__init__(options)
        self._rows = {"alike": 0, "sure": 0}
        self._said: list[RunWarning] = []

    def on_train_start(self, event: TrainStart) -> None:
        self._real = event.run.real_batch(_SAMPLES)
        self._variety = max(variety(self._real.samples), 1e-12)
        self._of_no_use = _in_use(event.run)
        if not event.run.shapes.is_picture:
            self._of_no_use.add("augment")

    def on_epoch_end(self, event: EpochEnd) -> None:
        run = event.run
        samples = run.fixed_samples(_SAMPLES, run.players["gen"].network)
        share = variety(samples) / self._variety
        sure = 0 <= event.loss_D < self.options.sure and self._never_wrong(run, samples)
        alike = _ALIKE.format(share=share, help=self._help("gen", "augment", "r1", "ema"))
        self._count(event, "alike", share < self.options.alike, alike)
        never_wrong = _SURE.format(loss=event.loss_D, help=self._help("disc", "augment", "r1"))
        self._count(event, "sure", sure, never_wrong)

    def state_dict(self) -> Mapping[str, Any]:
        return {"rows": dict(self._rows), "said": [warning.model_dump() for warning in self._said]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if state:
            self._rows = dict(state["rows"])
            self._said = [RunWarning.model_validate(values) for values in state["said"]]

    def _never_wrong(self, run: RunView, samples: Tensor) -> bool:
        critic = run.players["disc"].network
        _, labels = run.inputs(_SAMPLES)
        with run.undisturbed(), eval_mode(critic), torch.no_grad():
            real = tensor_of(critic(self._real.samples, self._real.labels), "scores")
            fake = tensor_of(critic(samples, labels), "scores")
        return bool(real.min() > fake.max())

    def _help(self, player: str, *tips: str) -> str:
        """What to try, without what is of no use to the run."""
        new = [_TIPS[tip] for tip in tips if tip not in self._of_no_use]
        return ", ".join([*new, f"a lower {player}.optimizer.lr"])

    def _count(self, event: EpochEnd, what: str, holds: bool, text: str) -> None:
        self._rows[what] = self._rows[what] + 1 if holds else 0
        known = {warning.what for warning in self._said}
        if self._rows[what] < self.options.patience or what in known:
            return
        self._said.append(RunWarning(step=event.step, what=what, text=text))
        log.warning(f"after epoch {event.epoch}, {text}")
        folder = event.run.folder
        with writing(folder.warnings):
            lines = "".join(warning.to_line() for warning in self._said)
            folder.write(folder.warnings.name, lines.encode())


def _in_use(run: RunView) -> set[str]:
    """The names of the run's components, and the slots that are filled."""
    return {word for component in run.components for word in (component.slot, component.name)}


def variety(samples: Tensor) -> float:
    """The mean Euclidean distance between two of ``samples`` (B, ...)."""
    flat = samples.flatten(1).float()
    return float(torch.pdist(flat).mean()) if len(flat) > 1 else 0.0
