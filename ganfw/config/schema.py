"""What the engine itself takes: training settings, and each slot's own keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ..interfaces.options import Options, Schedulable


def _device(value: object) -> object:
    """As other tools write it: ``gpu``, ``CPU``, or the number of a GPU."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    text = "cuda" + text.removeprefix("gpu") if text.startswith("gpu") else text
    return f"cuda:{text}" if text.isdecimal() else text


class TrainOptions(Options):
    """The section ``[train]``."""

    latent_dim: int = Field(100, ge=1, le=65536, description="Length Z of a latent vector")
    batch_size: int = Field(64, ge=1, le=1_048_576, description="Real samples in a batch")
    epochs: int | None = Field(20, ge=1, le=1_000_000, description="Passes over the data")
    steps: int | None = Field(
        None,
        ge=1,
        description="Steps, in place of epochs; with both, the run ends at the first",
    )
    disc_steps: int = Field(1, ge=1, le=100, description="Discriminator updates per step")
    gen_steps: int = Field(1, ge=1, le=100, description="Generator updates per step")
    fake_labels: Literal["batch", "shuffled"] = Field(
        "batch",
        description="Labels of generated samples: those of the batch's real samples, or the same "
        "in random order",
    )
    enlarge: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Enlarge pictures by this share and crop them at random, anew in each epoch; "
        "0.12 in pix2pix",
    )
    mirror: bool = Field(False, description="Mirror half of the pictures, anew in each epoch")
    reduction: Literal["mean", "sum"] = Field(
        "mean", description="Whether an objective is the mean or the sum over the batch"
    )
    seed: int = Field(0, ge=0, lt=2**63, description="Seed of every random stream")
    device: Annotated[str, BeforeValidator(_device)] = Field(
        "auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$", description="auto, cpu, cuda, cuda:1, mps"
    )
    accumulate: int = Field(
        1, ge=1, le=4096, description="Micro-batches that a batch is split into, to save memory"
    )
    precision: Literal["float32", "tf32", "bf16"] = Field(
        "float32", description="Of the networks' forward and backward passes"
    )
    deterministic: bool = Field(
        False,
        description="Only deterministic algorithms: a resumed run on a GPU then ends "
        "bit-identical; slower",
    )
    channels_last: bool = Field(
        True, description="Use the channels-last memory format where a network allows it"
    )
    compile: bool = Field(
        False, description="Compile the networks: a minute at first, then faster steps"
    )
    cuda_graphs: bool = Field(
        False,
        description="Replay steps as CUDA graphs: small batches on a GPU are several times faster",
    )
    log_every: int = Field(
        50, ge=1, le=10_000, description="Steps between two readings of the losses from the device"
    )
    name: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$",
        description="The name part of the run's folder, made of letters, digits, _, . and -; by "
        "default made of generator and dataset",
    )
    start_from: str | None = Field(
        None, min_length=1, description="Folder of a run whose networks' weights to start from"
    )


class DataKeys(Options):
    """Keys of ``[data]`` besides the dataset's options."""

    asked: str | None = Field(None, description="The dataset asked for, if this one replaces it")


def _names(value: object) -> object:
    """``"blocks.0,head"`` means ["blocks.0", "head"]."""
    return value.replace(" ", "").split(",") if isinstance(value, str) else value


class PlayerKeys(Options):
    """Keys of ``[gen]`` and ``[disc]`` besides the network's options."""

    freeze: Annotated[tuple[str, ...] | None, BeforeValidator(_names)] = Field(
        None, description="Layers whose weights stay as they are, by name: blocks.0,blocks.1"
    )


class NetworkKeys(PlayerKeys):
    """Keys of ``[[network]]`` besides the network's options."""

    side: Literal["gen", "disc"] = Field("gen", description="In whose turn it learns")
    given: Literal["labels", "samples"] = Field(
        "labels",
        description="What of the data a generator is given when it is sampled: labels, or samples, "
        "as one from samples to labels is",
    )


class LossKeys(Options):
    """Keys of ``[[loss]]`` besides the loss's options."""

    weight: Annotated[float, Schedulable()] = Field(
        1.0, ge=0, le=1e6, description="Factor of this loss in the sum"
    )
    every: int = Field(
        1, ge=1, le=10_000, description="Used in every n-th step only, with n times the weight"
    )


class CallbackKeys(Options):
    """Keys of ``[[callback]]`` besides the callback's options."""

    enabled: bool = Field(True, description="Whether the callback is used")


class MetricKeys(Options):
    """Keys of ``[[metric]]`` besides the metric's options."""

    every: int = Field(1, ge=1, le=1_000_000, description="Epochs from one evaluation to the next")


SLOT_KEYS: dict[str, type[Options]] = {
    "data": DataKeys,
    "gen": PlayerKeys,
    "disc": PlayerKeys,
    "network": NetworkKeys,
    "loss": LossKeys,
    "callback": CallbackKeys,
    "metric": MetricKeys,
}
"""The engine's own keys in a slot; a component's options can't have the same names."""
