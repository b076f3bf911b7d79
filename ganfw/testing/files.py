"""Files that checks write, in a folder that is removed when the process ends."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from ..storage.checkpoint import CheckpointStore
from .failure import Broken


def new_folder() -> Path:
    """An empty folder of its own."""
    return Path(tempfile.mkdtemp(dir=_root().name))


def save_and_load(state: Mapping[str, Any], at: Any) -> dict[str, Any]:
    """``state`` saved as a checkpoint and loaded. Raises Broken, pointing to ``at``, for state that
    a checkpoint can't hold."""
    store = CheckpointStore(new_folder())
    try:
        store.save(1, state)
    except (TypeError, CheckpointError) as error:
        raise Broken("state of plain values and tensors", str(error), at) from error
    return store.load(1)


@functools.cache
def _root() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ganfw-check-")
