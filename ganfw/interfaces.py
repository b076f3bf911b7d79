"""The contracts: what the engine asks of a dataset, a network, a loss, a callback.

Shape suffixes in this project: B batch, Z latent, C channels, H height, W width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from torch import Tensor, nn

from . import events
from .options import Options
from .shapes import Shapes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

Item = tuple["NDArray[np.uint8] | NDArray[np.float32]", "int | None"]
"""One sample of a dataset and its label."""

Critic = Callable[[Tensor], Tensor]
"""The discriminator as a loss sees it: samples (B, ...) -> scores (B,)."""

Terms = Mapping[str, Tensor]
"""Named summands of a player's objective, each a scalar: a mean over the batch."""


@dataclass(frozen=True)
class Batch:
    """``samples`` (B, ...) float32 and ``labels`` (B,) int64 or None, on the run's device."""

    samples: Tensor
    labels: Tensor | None

    def __len__(self) -> int:
        return int(self.samples.shape[0])


class Dataset:
    """Where real samples come from.

    The engine calls `prepare` once, then reads the attributes, then every item once: it decodes
    the whole dataset into a cache, and trains from that.
    """

    sample_shape: tuple[int, ...]
    """One item's shape, ``(C, H, W)`` for pictures, ``(F,)`` for points; known after `prepare`."""

    value_range: tuple[float, float] | None = None
    """What the networks see: uint8 items are mapped from 0..255 onto it; float items must lie in
    it already. None for unbounded floats."""

    classes: int = 0
    """The number of labels, 0 for none; known after `prepare`."""

    class_names: tuple[str, ...] = ()
    """What each label from 0 on is called, in scores by category; empty where they have no names.
    Known after `prepare`."""

    def __init__(self, options: Any) -> None:
        self.options = options

    def prepare(self, say: Callable[[str], None]) -> None:
        """Get hold of the data: download, list or draw it. ``say`` prints one line to the user.

        Raises DataError for data that is unfit, DataUnavailable for data that can't be had now.
        """

    def __len__(self) -> int:
        raise NotImplementedError

    def __getitem__(self, index: int) -> Item:
        """Sample ``index`` as a uint8 or float32 array of ``sample_shape``, and its label or None.

        Called from several threads. Raises SkipItem for an item to leave out.
        """
        raise NotImplementedError

    def fingerprint(self) -> str:
        """A hex digest of the data's content, the same on every machine; known after `prepare`."""
        raise NotImplementedError

    def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
        """A picture of ``samples`` (B, ...), with ``real`` ones beside them if given.

        For pictures a grid; a dataset of anything else overrides this.
        """
        from .data.pictures import picture_grid

        return picture_grid(samples, self.value_range or (0.0, 1.0))

    def animate(self, samples: Tensor) -> Iterable[Image.Image]:
        """The frames of a moving picture through ``samples`` (B, ...), one for each, all of one
        size. Asked of data that is no pictures; also of a dataset that is not prepared."""
        return (self.preview(sample[None]) for sample in samples)


class Generator(nn.Module):
    """Latents to samples. Raises ShapesError from ``__init__`` for shapes it can't make."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__()
        self.options = options
        self.shapes = shapes

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (B, Z) and labels (B,) or None to samples (B, *shapes.sample)."""
        raise NotImplementedError


class Discriminator(nn.Module):
    """Samples to scores. Raises ShapesError from ``__init__`` for shapes it can't judge."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__()
        self.options = options
        self.shapes = shapes

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Samples (B, *shapes.sample) and labels (B,) or None to scores (B,): logits, raw."""
        raise NotImplementedError


class Loss:
    """What the two players minimise. It never calls backward, step or zero_grad.

    Losses of one run are summed, so a penalty is a loss with discriminator terms only. A term is a
    scalar, a *mean* over the batch; ``train.reduction = "sum"`` multiplies by the batch's length.
    """

    needs_gradient_at: ClassVar[tuple[Literal["real", "fake"], ...]] = ()
    """Inputs that the discriminator's terms differentiate; the engine makes them require grad."""

    def __init__(self, options: Any) -> None:
        self.options = options

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        """The discriminator's terms; ``fake`` is detached. A second ``critic(real)`` is free."""
        return {}

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        """The generator's terms; the discriminator's weights are frozen."""
        return {}


class Augment(nn.Module):
    """A differentiable map in front of the critic, for real and generated samples alike."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__()
        self.options = options
        self.shapes = shapes

    def forward(self, samples: Tensor) -> Tensor:
        """Samples (B, ...) to samples of the same shape."""
        raise NotImplementedError

    def adapt(self, sureness: Tensor, examples: int) -> None:
        """After each discriminator update's forward passes: the mean sign of the critic's scores
        of ``examples`` real samples, a scalar on the device; 1 is sure of all, 0 undecided. On the
        hot path: read no number off the device. What it learns lives in buffers, to be saved."""


class Callback:
    """Watches a run. Each method is given one frozen event and returns nothing.

    What must survive a resume goes through `state_dict`: nested dicts, lists, tuples, tensors,
    numbers, strings, bools and None.
    """

    def __init__(self, options: Any) -> None:
        self.options = options

    def train_start(self, event: events.TrainStart) -> None:
        """Before the first step of a fresh or resumed run; a resumed callback has its state."""

    def gradients_ready(self, event: events.GradientsReady) -> None:
        """One player's gradients are computed, its optimizer has not stepped yet."""

    def step_end(self, event: events.StepEnd) -> None:
        """Both players have moved. On the hot path: read no number off the device here."""

    def readings(self, event: events.Readings) -> None:
        """Losses of the last few steps, read off the device in one go."""

    def epoch_end(self, event: events.EpochEnd) -> None:
        """One pass over the data is done."""

    def checkpoint(self, event: events.Checkpoint) -> None:
        """All state is about to be saved. Raising here keeps it from being saved."""

    def train_end(self, event: events.TrainEnd) -> None:
        """The run is over, finished or stopped; its last checkpoint is saved."""

    def failure(self, event: events.Failure) -> None:
        """The run raised; nothing more will be saved."""

    def state_dict(self) -> Mapping[str, Any]:
        """What must survive a resume."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take back what `state_dict` gave; called before `train_start`."""


class Metric:
    """Judges a generator."""

    main: ClassVar[str] = ""
    """The score that tells better from worse, where there is one."""

    lower_is_better: ClassVar[bool] = True

    def __init__(self, options: Any) -> None:
        self.options = options

    @property
    def most_real(self) -> int:
        """Real samples that it can make use of: it is given as many at most, chosen at random."""
        return 50_000

    def prepare(self, dataset: Dataset, labels: Tensor | None) -> None:
        """Told once, before any judging, and before the first step of a run that it judges: what
        the real samples are of, and the labels (N,) of those it is given. Raises ShapesError for
        data that it can't judge, UsageError for too few samples, PluginError or DataUnavailable
        where it lacks what it needs."""

    def __call__(self, real: Tensor, generate: Callable[[int], Tensor]) -> Mapping[str, Any]:
        """Scores by name, and how they were made: sample counts, features, split, seed. ``real``
        is (N, ...) on the CPU; ``generate(n)`` draws n samples more. Other metrics judge the same
        samples: all are left as they are. Raises ShapesError for data that it can't judge,
        UsageError for too few samples."""
        raise NotImplementedError


__all__ = [
    "Augment",
    "Batch",
    "Callback",
    "Critic",
    "Dataset",
    "Discriminator",
    "Generator",
    "Item",
    "Loss",
    "Metric",
    "Options",
    "Shapes",
    "Terms",
]
