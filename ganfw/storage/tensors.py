"""Tensors in a safetensors file, wherever it lies."""

from __future__ import annotations

import os
from pathlib import Path

from safetensors.torch import load, load_file
from torch import Tensor


def load_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors in ``path`` by name, as ``safetensors.torch.load_file`` gives them. That opens no
    file whose path is not UTF-8: such a one is read here."""
    if os.fsencode(path).decode("utf-8", "ignore") == str(path):
        return load_file(path)
    return load(path.read_bytes())
