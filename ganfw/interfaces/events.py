"""What a callback is told: one frozen event each time.

Every event carries ``run``, the view of the run that callbacks share. Steps and epochs count from
1: ``step`` is the number of steps done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .dataset import checked_preview
from .player import PlayerName

if TYPE_CHECKING:
    import torch
    from PIL import Image
    from torch import Tensor, nn

    from ..storage.run_dir import RunDir
    from .dataset import Batch, Dataset
    from .player import Player
    from .shapes import Shapes


@dataclass
class Requests:
    """What callbacks and signals have asked the trainer to do once the present step is over."""

    checkpoint: bool = False
    stop: str | None = None


@dataclass(frozen=True)
class RunView:
    """What callbacks may see of a run, and the few things they may ask for."""

    folder: RunDir
    dataset: Dataset
    shapes: Shapes
    players: Mapping[PlayerName, Player]
    seed: int
    device: torch.device
    epochs: int
    steps_per_epoch: int
    total_steps: int
    real_batch: Callable[[int], Batch]
    """``real_batch(n)``: n samples of the data (n, ...) with their labels, spread evenly over it,
    on the device; all if there are fewer."""
    requests: Requests = field(default_factory=Requests)
    exported: dict[str, nn.Module] = field(default_factory=dict)

    def request_checkpoint(self) -> None:
        """Save all state once the present event has reached every callback."""
        self.requests.checkpoint = True

    def request_stop(self, reason: str) -> None:
        """End the run after this step, as if it had been interrupted: it saves, and can resume."""
        self.requests.stop = reason

    def export(self, name: str, network: nn.Module) -> None:
        """Export ``network`` in the run folder under ``name`` at each checkpoint, as the
        generator is. An exported generator is preferred for samples (an EMA, say)."""
        self.exported[name] = network

    def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
        """A picture of ``samples`` (B, ...), as `Dataset.preview` draws it. Raises PluginError if
        the dataset can't."""
        return checked_preview(self.dataset, samples, real)

    @property
    def sampling_generator(self) -> nn.Module:
        """The generator to draw samples from: the last one exported, or else the player."""
        return next(reversed(self.exported.values()), self.players["gen"].network)


@dataclass(frozen=True)
class StepMetrics:
    """The losses of one step as plain numbers, per example.

    ``terms`` maps ``D/<loss>.<term>`` and ``G/<loss>.<term>`` to the weighted summands of
    ``loss_D`` and ``loss_G``. ``examples`` is the number of real samples in the step.
    """

    step: int
    epoch: int
    examples: int
    loss_D: float
    loss_G: float
    terms: Mapping[str, float]


@dataclass(frozen=True)
class TrainStart:
    """``step`` steps were done before (0 for a fresh run); ``epoch`` is the one to go on with."""

    run: RunView
    step: int
    epoch: int


@dataclass(frozen=True)
class GradientsReady:
    """``player.network``'s gradients are complete; its optimizer steps next."""

    run: RunView
    step: int
    name: PlayerName
    player: Player


@dataclass(frozen=True)
class StepEnd:
    """Both players have moved."""

    run: RunView
    step: int
    epoch: int


@dataclass(frozen=True)
class Log:
    """The losses of the steps since the last such event, oldest first, and the speed over them."""

    run: RunView
    rows: tuple[StepMetrics, ...]
    examples_per_second: float


@dataclass(frozen=True)
class EpochEnd:
    """One pass over the data is done; the losses are its means per example."""

    run: RunView
    step: int
    epoch: int
    loss_D: float
    loss_G: float
    examples_per_second: float


@dataclass(frozen=True)
class Checkpoint:
    """All state is about to be saved as of ``step``."""

    run: RunView
    step: int


@dataclass(frozen=True)
class TrainEnd:
    """The run is over. ``stopped`` says why it ended early, or is None."""

    run: RunView
    step: int
    epoch: int
    stopped: str | None


@dataclass(frozen=True)
class Failure:
    """The run raised ``error`` after ``step`` whole steps."""

    run: RunView
    step: int
    error: BaseException
