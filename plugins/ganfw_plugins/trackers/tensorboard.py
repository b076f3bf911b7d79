"""Losses and samples for TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ganfw import PluginError, RunView

from .tracker import Tracker

if TYPE_CHECKING:
    from PIL import Image


class TensorBoard(Tracker):
    """Writes event files to ``tensorboard/``: every step's losses and terms, the speed, scores, and
    each epoch a picture of samples from the same latents. ``tensorboard --logdir runs`` shows them.

    Raises PluginError where TensorBoard is not installed.
    """

    _writer: Any = None

    def open(self, run: RunView, step: int) -> None:
        """Begin a new event file. Steps after the checkpoint are those of the run that stopped:
        TensorBoard hides them."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise PluginError(
                "callback 'tensorboard' needs TensorBoard: pip install 'ganfw[tensorboard]'"
            ) from error
        self.record = "tensorboard"
        folder = str(run.folder.path / self.record)
        self._writer = SummaryWriter(folder, purge_step=step + 1 if step else None)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def show(self, step: int, picture: Image.Image) -> None:
        self._writer.add_image("samples", np.asarray(picture), step, dataformats="HWC")

    def close(self, how: str) -> None:
        self._writer.close()
