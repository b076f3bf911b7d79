"""Inception's weights: found in the cache, or downloaded."""

from __future__ import annotations

from pathlib import Path

from ganfw import DataUnavailable, download

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
