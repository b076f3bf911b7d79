"""What a user can set on the callbacks. Imports pydantic only."""

from typing import Literal

from pydantic import Field

from ganfw import Options


class ProgressOptions(Options):
    """Options of ``progress``."""

    seconds: float = Field(
        30.0,
        ge=0,
        le=86400,
        description="Where stderr is no terminal: least seconds between lines within an epoch",
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
        10.0, ge=0, le=86400, description="Least seconds between two drawings while training"
    )


class CheckpointsOptions(Options):
    """Options of ``checkpoints``."""

    every_epochs: int = Field(1, ge=1, le=1_000_000, description="Epochs from one save to the next")
    min_seconds: float = Field(
        30.0, ge=0, le=604800, description="Least seconds between two saves at the end of epochs"
    )
    every_steps: int | None = Field(
        None, ge=1, le=1_000_000_000, description="Save at multiples of this step, not by epochs"
    )
    keep: int = Field(3, ge=1, le=100_000, description="How many of the newest saves to keep")


class EmaOptions(Options):
    """Options of ``ema``."""

    decay: float = Field(0.999, ge=0, lt=1, description="Weight of the average's past, per step")
    warmup: bool = Field(True, description="Forget faster at first: (1 + step) / (10 + step)")


class GradClipOptions(Options):
    """Options of ``grad-clip``."""

    max_norm: float = Field(
        1.0, gt=0, le=1e9, description="Greatest L2 norm of all of a player's gradients together"
    )
    players: Literal["both", "gen", "disc"] = Field("both", description="Whose gradients to clip")


class LrScheduleOptions(Options):
    """Options of ``lr-schedule``."""

    kind: Literal["linear", "cosine", "step", "constant"] = Field(
        "linear", description="How the rates change after the warm-up"
    )
    warmup_steps: int = Field(
        0, ge=0, le=1_000_000_000, description="Steps in which the rates rise to their base"
    )
    final: float = Field(
        0.0, ge=0, le=1, description="linear, cosine: what fraction of the base the rates end at"
    )
    gamma: float = Field(0.5, gt=0, le=1, description="step: factor at each drop")
    every_epochs: int = Field(10, ge=1, le=1_000_000, description="step: epochs between drops")


class CollapseWatchOptions(Options):
    """Options of ``collapse-watch``."""

    alike: float = Field(
        0.1, ge=0, le=1, description="Share of the real samples' variety that is too little"
    )
    sure: float = Field(0.05, ge=0, le=1, description="A loss_D below this that is too low")
    patience: int = Field(3, ge=1, le=10_000, description="Epochs in a row before it is said")
