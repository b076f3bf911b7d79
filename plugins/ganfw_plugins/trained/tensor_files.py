"""Trained weights: read without running anything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ganfw import DataError, reason_of


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors in ``path``, .safetensors or torch's own .pth, by name. Raises DataError for a
    file that holds anything else."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, SafetensorError, UnpicklingError) as error:
        raise DataError(f"{path} can't be read as weights: {reason_of(error)}") from error
    return found


@contextmanager
def harmless_copy(path: Path) -> Iterator[Path]:
    """The tensors in ``path``, .safetensors or .pth, and nothing else of it, as a file for
    torch-fidelity: that reads a pickle whatever it holds, so it is given one that we made.

    Raises DataError for a file that holds anything but tensors.
    """
    tensors = read_tensors(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "weights.pth"
        torch.save(tensors, copy)
        yield copy
