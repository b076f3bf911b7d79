"""Datasets of Hugging Face's library, from files here or from the hub."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl

_ON_THE_HUB = {
    "tiny-imagenet": "zh-plus/tiny-imagenet", "tiny-imagenet-200": "zh-plus/tiny-imagenet",
    "afhq": "huggan/AFHQ", "afhqv2": "huggan/AFHQv2", "anime-faces": "huggan/anime-faces",
    "anime": "huggan/anime-faces", "wikiart": "huggan/wikiart",
    "butterflies": "huggan/smithsonian_butterflies_subset", "USER/NAME": "USER/NAME",
}  # fmt: skip


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
        presets={word: {"path": place} for word, place in _ON_THE_HUB.items()},
    )
