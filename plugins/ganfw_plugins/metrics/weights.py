"""Trained weights: found in the cache, downloaded, or given; and read without running anything."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ganfw import DataError, DataUnavailable, cache_folder

_RELEASE = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
_KNOWN = {"inception-v3-compat": f"{_RELEASE}weights-inception-2015-12-05-6726825d.pth"}
"""Where each network's weights lie; a name ends in the first digits of the file's SHA-256."""

_TIMEOUT = (10, 60)


def find_weights(network: str) -> Path:
    """The weights of ``network``, downloaded once into the cache.

    Raises DataUnavailable where they can't be had, DataError for another file in their place.
    """
    if network not in _KNOWN:
        raise DataUnavailable(
            f"no weights of '{network}' are known: give -s metric.NAME.weights=FILE"
        )
    url = _KNOWN[network]
    path = cache_folder("downloads") / url.rpartition("/")[2]
    if not path.is_file():
        _download(url, path)
    digits = path.stem.rpartition("-")[2]
    if not hashlib.sha256(path.read_bytes()).hexdigest().startswith(digits):
        raise DataError(f"{path} is not the file it should be: delete it, and it is fetched anew")
    return path


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


def _download(url: str, path: Path) -> None:
    import pooch
    import requests

    pooch.get_logger().setLevel(logging.ERROR)
    try:
        pooch.retrieve(
            url,
            known_hash=None,
            path=path.parent,
            fname=path.name,
            downloader=pooch.HTTPDownloader(timeout=_TIMEOUT),
        )
    except requests.exceptions.RequestException as error:
        raise DataUnavailable(
            f"{url} can't be had ({type(error).__name__}); a local copy is given as "
            "-s metric.NAME.weights=FILE"
        ) from error
    except OSError as error:
        raise DataError(f"can't keep {url} in {path.parent}: {error.strerror}") from error
