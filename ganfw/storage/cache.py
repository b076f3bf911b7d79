"""The cache folder: downloads and decoded datasets, safe to delete at any time."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder(*parts: str) -> Path:
    """The user's cache folder for ganfw, or the folder the variable GANFW_CACHE names; ``parts``
    are folders below it. Nothing is created."""
    root = os.environ.get("GANFW_CACHE") or platformdirs.user_cache_dir("ganfw", appauthor=False)
    return Path(root).expanduser().joinpath(*parts)
