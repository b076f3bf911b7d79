"""Losses and samples for TensorBoard."""

from __future__ import annotations

from typing import Any

import numpy as np

from ganfw import Callback, EpochEnd, Log, PluginError, TrainEnd, TrainStart

_SAMPLES = 36


class TensorBoard(Callback):
    """Writes event files to ``tensorboard/``: every step's losses and terms, the speed, and each
    epoch a picture of samples from the same latents. ``tensorboard --logdir runs`` shows them.

    Raises PluginError where TensorBoard is not installed.
    """

    _writer: Any = None

    def on_train_start(self, event: TrainStart) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise PluginError(
                "callback 'tensorboard' needs TensorBoard: pip install 'ganfw[tensorboard]'"
            ) from error
        # Steps after the checkpoint are those of the run that stopped: TensorBoard hides them.
        purge = event.step + 1 if event.step else None
        folder = str(event.run.folder.path / "tensorboard")
        self._writer = SummaryWriter(folder, purge_step=purge)

    def on_log(self, event: Log) -> None:
        for row in event.rows:
            self._writer.add_scalar("loss/D", row.loss_D, row.step)
            self._writer.add_scalar("loss/G", row.loss_G, row.step)
            for name, value in row.terms.items():
                self._writer.add_scalar(name, value, row.step)
        self._writer.add_scalar("examples per second", event.examples_per_second, row.step)

    def on_epoch_end(self, event: EpochEnd) -> None:
        run = event.run
        samples = run.fixed_samples(_SAMPLES).cpu()
        picture = np.asarray(run.preview(samples).convert("RGB"))
        self._writer.add_image("samples", picture, event.step, dataformats="HWC")

    def on_train_end(self, event: TrainEnd) -> None:
        self._writer.close()
