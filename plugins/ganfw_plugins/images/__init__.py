"""Any folder of pictures as a dataset."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The dataset that ``--data PATH`` means."""
    return [
        Component(
            "dataset",
            "folder",
            target="ganfw_plugins.images.dataset:Folder",
            options="ganfw_plugins.images.options:FolderOptions",
            summary="Any folder of pictures, with or without class folders",
            tags=("pictures",),
        )
    ]
