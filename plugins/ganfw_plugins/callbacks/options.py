"""What a user can set on the callbacks. Imports pydantic only."""

from typing import Annotated, Literal

from pydantic import Field

from ganfw import Options, Schedulable


class ProgressOptions(Options):
    """Options of ``progress``."""

    seconds: float = Field(
        30.0,
        ge=0,
        le=86400,
        description="Seconds between lines within an epoch, if stderr is no terminal",
    )


class MetricsLogOptions(Options):
    """Options of ``metrics-log``."""

    every: int = Field(1, ge=1, le=1_000_000, description="Log steps that are multiples of this")


class SamplesOptions(Options):
    """Options of ``samples``."""

    every: int = Field(1, ge=1, le=1_000_000, description="Epochs from one picture to the next")
    count: int = Field(64, ge=1, le=4096, description="Samples in a picture")


class LossCurveOptions(Options):
    """Options of ``loss-curve``."""

    seconds: float = Field(
        30.0, ge=0, le=86400, description="Seconds between two drawings, at least"
    )
    share: float = Field(
        0.01, gt=0, le=1, description="Share of the run's time that drawing may take"
    )


class CheckpointsOptions(Options):
    """Options of ``checkpoints``."""

    every_epochs: int = Field(1, ge=1, le=1_000_000, description="Epochs between checkpoints")
    min_seconds: float = Field(
        30.0,
        ge=0,
        le=604800,
        description="Seconds between checkpoints at ends of epochs, at least",
    )
    every_steps: int | None = Field(
        None,
        ge=1,
        le=1_000_000_000,
        description="Save at multiples of this step, not by epochs",
    )
    keep: int = Field(3, ge=1, le=100_000, description="How many of the newest checkpoints to keep")


class EmaOptions(Options):
    """Options of ``ema``."""

    decay: Annotated[float, Schedulable()] = Field(
        0.999, ge=0, lt=1, description="Weight of the average so far, per step"
    )
    half_life: Annotated[float | None, Schedulable()] = Field(
        None, ge=0, le=1e12, description="Examples until weights count half; in place of decay"
    )
    warmup: bool = Field(True, description="Start with a lower decay: (1 + step) / (10 + step)")
    network: str = Field("gen", description="What to average: gen, disc, or another network's name")


class GradClipOptions(Options):
    """Options of ``grad-clip``."""

    max_norm: Annotated[float, Schedulable()] = Field(
        1.0, gt=0, le=1e9, description="Largest L2 norm of all gradients of a player together"
    )
    players: Literal["both", "gen", "disc"] = Field(
        "both", description="Whose gradients to clip; both means further networks too"
    )


class ClipWeightsOptions(Options):
    """Options of ``clip-weights``."""

    limit: Annotated[float, Schedulable()] = Field(
        0.01, gt=0, le=100, description="c, the greatest weight of the critic"
    )


class LrScheduleOptions(Options):
    """Options of ``lr-schedule``."""

    kind: Literal["linear", "cosine", "step", "constant"] = Field(
        "linear", description="How the rates change after the warm-up"
    )
    warmup_steps: int = Field(
        0,
        ge=0,
        le=1_000_000_000,
        description="Steps in which the rates rise to the base rate",
    )
    final: float = Field(
        0.0, ge=0, le=1, description="linear, cosine: the fraction of the base rate at the end"
    )
    gamma: float = Field(0.5, gt=0, le=1, description="step: factor at each drop")
    every_epochs: int = Field(10, ge=1, le=1_000_000, description="step: epochs between drops")


class CollapseWatchOptions(Options):
    """Options of ``collapse-watch``."""

    alike: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Warn if samples differ less than this, relative to real ones",
    )
    sure: float = Field(0.05, ge=0, le=1, description="Warn if loss_D is below this")
    patience: int = Field(3, ge=1, le=10_000, description="Epochs in a row before the warning")
