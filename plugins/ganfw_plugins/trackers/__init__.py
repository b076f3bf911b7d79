"""Runs in TensorBoard, in Weights & Biases and in MLflow."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The callbacks; each needs its library, an extra."""
    return [
        Component(
            "callback",
            "tensorboard",
            target="ganfw_plugins.trackers.tensorboard:TensorBoard",
            options="ganfw_plugins.trackers.options:TrackerOptions",
            summary="Losses, scores and samples as TensorBoard's event files",
            tags=("log", "tracker"),
        ),
        Component(
            "callback",
            "wandb",
            target="ganfw_plugins.trackers.wandb:WeightsAndBiases",
            options="ganfw_plugins.trackers.options:WandbOptions",
            summary="Losses, scores, samples and config in Weights & Biases",
            tags=("log", "tracker"),
        ),
        Component(
            "callback",
            "mlflow",
            target="ganfw_plugins.trackers.mlflow:MLflow",
            options="ganfw_plugins.trackers.options:MlflowOptions",
            summary="Losses, scores, samples and config in MLflow",
            tags=("log", "tracker"),
        ),
    ]
