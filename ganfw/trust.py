"""Which plugin files this user has run: code that arrives with a run folder is not run unasked."""

from __future__ import annotations

import contextlib

from .cache import cache_folder
from .plugin_file import PluginFile


def remember(file: PluginFile) -> None:
    """Note that the user has named ``file``. Where that can't be kept, they are asked again."""
    place = cache_folder("plugin-files", file.sha256)
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()


def is_known(file: PluginFile) -> bool:
    """Whether the user has named a file of this very content before."""
    return cache_folder("plugin-files", file.sha256).exists()
