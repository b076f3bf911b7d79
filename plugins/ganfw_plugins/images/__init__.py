"""Folders and archives of pictures as datasets."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The datasets that ``--data PATH`` means, and pairs of pictures."""
    return [
        Component(
            "dataset",
            "folder",
            target="ganfw_plugins.images.dataset:Folder",
            options="ganfw_plugins.images.options:FolderOptions",
            summary="Any folder of pictures, with or without class folders",
            tags=("pictures",),
            paths={"/": "root"},
        ),
        Component(
            "dataset",
            "archive",
            target="ganfw_plugins.images.archived:Archived",
            options="ganfw_plugins.images.options:ArchiveOptions",
            summary="Pictures in a zip or tar archive, read in place",
            tags=("pictures",),
            paths=dict.fromkeys(ARCHIVES, "root"),
        ),
        Component(
            "dataset",
            "shards",
            target="ganfw_plugins.images.shards:Shards",
            options="ganfw_plugins.images.options:ShardOptions",
            summary="Tar files of samples, as WebDataset has them, larger than a disk if need be",
            tags=("pictures",),
            paths={"/*.tar": "root"},
        ),
        Component(
            "dataset",
            "paired",
            target="ganfw_plugins.images.paired:Paired",
            options="ganfw_plugins.images.options:PairedOptions",
            summary="Pairs of pictures: what is given, and what is to be made of it",
            tags=("pairs", "pictures"),
            paths={"/input/target": "root"},
        ),
        Component(
            "dataset",
            "unpaired",
            target="ganfw_plugins.images.unpaired:Unpaired",
            options="ganfw_plugins.images.options:UnpairedOptions",
            summary="Two folders of pictures: each kind is to be made of the other",
            tags=("unpaired-pictures", "pictures"),
            paths={"/+to": "root", "/trainA/trainB": "root"},
        ),
    ]
