"""What can be set on the callbacks that track runs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ganfw import Options


class TrackerOptions(Options):
    """Those of all."""

    samples: int = Field(36, ge=0, le=4096, description="Samples in a picture; 0 for no pictures")
    every: int = Field(1, ge=1, le=1_000_000, description="Epochs from one picture to the next")


class WandbOptions(TrackerOptions):
    """Options of ``wandb``."""

    project: str = Field("ganfw", min_length=1, description="The project")
    entity: str | None = Field(None, description="The user or team; your own by default")
    mode: Literal["online", "offline"] | None = Field(
        None, description="Where it is kept; WANDB_MODE says by default, or else online"
    )
    seconds: float = Field(30.0, ge=1, le=3600, description="How long to wait for the server")


class MlflowOptions(TrackerOptions):
    """Options of ``mlflow``."""

    experiment: str = Field("ganfw", min_length=1, description="The experiment")
    uri: str | None = Field(
        None,
        description="Where the server or its database is; MLFLOW_TRACKING_URI says by default, or "
        "else it is mlflow.db beside the run's folder",
    )
