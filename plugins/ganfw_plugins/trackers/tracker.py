"""What trackers have in common: a record that a resumed run continues, and what goes into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ganfw import (
    Callback,
    EpochEnd,
    Failure,
    GanfwError,
    Log,
    RunError,
    RunView,
    Scores,
    StepMetrics,
    TrainEnd,
    TrainStart,
    log,
    reason_of,
)

if TYPE_CHECKING:
    from PIL import Image


class Tracker(Callback):
    """A record of the run somewhere else. Subclasses open it, write to it and close it.

    A record that can't be written to any more costs the run nothing: that is said once.
    """

    record: str | None = None
    """Names the record, so that a resumed run continues it."""

    _broken = False

    def open(self, run: RunView, step: int) -> None:
        """Continue ``record``, or begin a new one and set it. Raises GanfwError."""
        raise NotImplementedError

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers as of ``step``, by name."""
        raise NotImplementedError

    def show(self, step: int, picture: Image.Image) -> None:
        """A picture of samples as of ``step``."""
        raise NotImplementedError

    def close(self, how: str) -> None:
        """The run is "finished", "stopped" or "failed"."""
        raise NotImplementedError

    def on_train_start(self, event: TrainStart) -> None:
        """Raises RunError for whatever a library has against the record, its folder or its name."""
        try:
            self.open(event.run, event.step)
        except GanfwError:
            raise
        except Exception as error:
            self._broken = True  # there is nothing to close
            name, folder = type(self).__name__, event.run.folder.path
            raise RunError(f"{name} can't keep a record of {folder}: {reason_of(error)}") from error

    def on_log(self, event: Log) -> None:
        for row in event.rows:
            self._try(self.write, row.step, _losses(row))
        if event.rows:
            speed = {"examples per second": event.examples_per_second}
            self._try(self.write, event.rows[-1].step, speed)

    def on_epoch_end(self, event: EpochEnd) -> None:
        if not self.options.samples or event.epoch % self.options.every:
            return
        picture = event.run.fixed_preview(self.options.samples).convert("RGB")
        self._try(self.show, event.step, picture)

    def on_scores(self, event: Scores) -> None:
        values = {f"{score.metric}/{score.name}": score.value for score in event.scores}
        self._try(self.write, event.step, values)

    def on_train_end(self, event: TrainEnd) -> None:
        self._try(self.close, "stopped" if event.stopped else "finished")

    def on_failure(self, event: Failure) -> None:
        if self.record is not None:
            self._try(self.close, "failed")

    def state_dict(self) -> Mapping[str, Any]:
        return {"record": self.record}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.record = state.get("record")

    def _try(self, do: Any, *what: Any) -> None:
        if self._broken:
            return
        try:
            do(*what)
        except Exception as error:  # of the network, the server, the disk
            self._broken = True
            log.warning(f"{type(self).__name__} no longer gets this run: {reason_of(error)}")


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config as pairs of a path and a plain value: ``gen.channels``, ``loss.r1.gamma``."""
    return dict(_pairs("", config))


def _pairs(path: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _pairs(f"{path}.{key}" if path else str(key), inner)
    elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        for item in value:
            yield from _pairs(f"{path}.{item.get('name', item.get('use', ''))}", item)
    else:
        yield path, value


def _losses(row: StepMetrics) -> dict[str, float]:
    return {"loss/D": row.loss_D, "loss/G": row.loss_G, **row.terms}
