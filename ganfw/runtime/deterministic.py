"""``train.deterministic``: only algorithms that give the same bits each time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ..errors import UsageError

_REFUSALS = ("does not have a deterministic implementation", "Deterministic behavior was enabled")


@contextmanager
def only_deterministic(wanted: bool) -> Iterator[None]:
    """Where ``wanted``, torch uses deterministic algorithms for a while. On a CPU those that ganfw
    uses are deterministic anyway.

    Raises UsageError where something has no such algorithm on the device.
    """
    if not wanted:
        yield
        return
    # cuBLAS reads it when CUDA starts; it does no harm to what comes after, and stays.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    warned = torch.is_deterministic_algorithms_warn_only_enabled()
    searched = torch.backends.cudnn.benchmark
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    try:
        yield
    except RuntimeError as error:
        if not any(refusal in str(error) for refusal in _REFUSALS):
            raise
        raise UsageError(f"train.deterministic: {str(error).partition(',')[0]}") from error
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warned)
        torch.backends.cudnn.benchmark = searched
