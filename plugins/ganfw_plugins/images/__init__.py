"""Folders of pictures as datasets."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The dataset that ``--data PATH`` means, and pairs of pictures."""
    return [
        Component(
            "dataset",
            "folder",
            target="ganfw_plugins.images.dataset:Folder",
            options="ganfw_plugins.images.options:FolderOptions",
            summary="Any folder of pictures, with or without class folders",
            tags=("pictures",),
        ),
        Component(
            "dataset",
            "paired",
            target="ganfw_plugins.images.paired:Paired",
            options="ganfw_plugins.images.options:PairedOptions",
            summary="Pairs of pictures: what is given, and what is to be made of it",
            tags=("pairs", "pictures"),
        ),
    ]
