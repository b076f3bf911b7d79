"""A run in Weights & Biases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganfw import PluginError, RunView, log, reason_of

from .tracker import Tracker, flat

if TYPE_CHECKING:
    from PIL import Image


class WeightsAndBiases(Tracker):
    """Every step's losses and terms, the speed, scores, samples and the config. A resumed run
    continues its record.

    Where the server can't be reached, or nobody is logged in, the record is kept offline in the
    run's folder, which is said in one line: ``wandb sync`` sends it. Raises PluginError where W&B
    is not installed.
    """

    _run: Any = None

    def open(self, run: RunView, step: int) -> None:
        """Begin at the server, or else offline."""
        try:
            import wandb
        except ImportError as error:
            raise PluginError("callback 'wandb' needs W&B: pip install 'ganfw[wandb]'") from error
        mode, reason = self._mode(wandb)
        try:
            self._run = self._begin(wandb, run, mode)
        except wandb.errors.Error as error:
            reason = reason_of(error)
            self._run = self._begin(wandb, run, "offline")
        self.record = self._run.id
        if reason:
            folder = run.folder.path / "wandb"
            log.warning(f"W&B keeps this run offline in {folder} ({reason}): wandb sync sends it")

    def write(self, step: int, values: Mapping[str, float]) -> None:
        self._run.log(dict(values), step=step)

    def show(self, step: int, picture: Image.Image) -> None:
        import wandb

        self._run.log({"samples": wandb.Image(picture)}, step=step)

    def close(self, how: str) -> None:
        self._run.finish(exit_code=1 if how == "failed" else 0)

    def _mode(self, wandb: Any) -> tuple[str | None, str]:
        """The mode to try, and why it is not the one asked for."""
        mode = self.options.mode or wandb.setup().settings.mode
        # It would ask, and a run waits for nobody.
        if mode == "online" and not wandb.login(prompt=False):
            return "offline", "nobody is logged in: wandb login"
        return mode, ""

    def _begin(self, wandb: Any, run: RunView, mode: str | None) -> Any:
        o = self.options
        folder = run.folder.path
        settings = wandb.Settings(console="off", silent=True, init_timeout=o.seconds)
        return wandb.init(
            project=o.project,
            entity=o.entity,
            name=folder.resolve().name,
            id=self.record,
            resume="allow",
            dir=str(folder),
            config=flat(run.config),
            mode=mode,
            settings=settings,
        )
