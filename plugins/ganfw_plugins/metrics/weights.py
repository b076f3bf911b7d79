"""Trained weights: found in the cache, downloaded, or given; and read without running anything."""

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

from ganfw import DataError, DataUnavailable, download

_RELEASE = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
_KNOWN = {"inception-v3-compat": f"{_RELEASE}weights-inception-2015-12-05-6726825d.pth"}
"""Where each network's weights are; a name ends in the first digits of the file's SHA-256."""


def find_weights(network: str) -> Path:
    """The weights of ``network``, downloaded once into the cache.

    Raises DataUnavailable if they can't be downloaded, DataError if they are not what they should
    be.
    """
    if network not in _KNOWN:
        raise DataUnavailable(
            f"no weights of '{network}' are known: give -s metric.NAME.weights=FILE"
        )
    url = _KNOWN[network]
    name = url.rpartition("/")[2]
    digits = name.removesuffix(".pth").rpartition("-")[2]
    try:
        return download(url, name, f"sha256:{digits}")
    except DataUnavailable as error:
        hint = "a local copy is given as -s metric.NAME.weights=FILE"
        raise DataUnavailable(f"{error}; {hint}") from error


@contextmanager
def harmless_copy(path: Path) -> Iterator[Path]:
    """The tensors in ``path``, .safetensors or .pth, and nothing else of it, as a file for
    torch-fidelity: that reads a pickle whatever it holds, so it is given one that we made.

    Raises DataError for a file that holds anything but tensors.
    """
    tensors = _read(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "weights.pth"
        torch.save(tensors, copy)
        yield copy


def _read(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, SafetensorError, UnpicklingError) as error:
        raise DataError(f"{path} can't be read as weights: {str(error).splitlines()[0]}") from error
    return found
