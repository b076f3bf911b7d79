"""The cache folder: downloads and decoded datasets, safe to delete at any time."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

PLUGIN_FILES, FINGERPRINTS = "plugin-files", "fingerprints"
"""Folders of the cache: of the plugin files that the user has named, and of files read before."""


def cache_folder(*parts: str) -> Path:
    """The user's cache folder for ganfw, or the folder the variable GANFW_CACHE names; ``parts``
    are folders below it. Nothing is created."""
    root = os.environ.get("GANFW_CACHE") or platformdirs.user_cache_dir("ganfw", appauthor=False)
    return Path(root).expanduser().joinpath(*parts)
