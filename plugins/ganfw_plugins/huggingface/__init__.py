"""Datasets of Hugging Face's library, from files here or from the hub."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The dataset."""
    yield Component(
        "dataset",
        "huggingface",
        target="ganfw_plugins.huggingface.dataset:HuggingFace",
        options="ganfw_plugins.huggingface.options:HuggingFaceOptions",
        summary="Pictures from Hugging Face: a name on the hub, Parquet files, or a folder",
        suggests={"train.batch_size": 128},
        tags=("pictures",),
    )
