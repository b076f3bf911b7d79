"""Which device a run computes on."""

from __future__ import annotations

import torch

from .errors import UsageError


def choose_device(wanted: str, local_rank: int = 0) -> torch.device:
    """The device ``wanted`` means; "auto" is CUDA, else MPS, else the CPU. Each of the processes
    on a machine takes the card of its own number, unless ``wanted`` names one.

    Raises UsageError for a device that is not here.
    """
    if wanted == "auto":
        wanted = _best()
    device = torch.device(wanted)
    if device.type == "cuda":
        index = local_rank if device.index is None else device.index
        if index >= torch.cuda.device_count():
            raise UsageError(f"no device {wanted} here{_here()}")
        return torch.device("cuda", index)
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise UsageError(f"no device {wanted} here{_here()}")
    return device


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _here() -> str:
    count = torch.cuda.device_count()
    cuda = f", cuda:0 to cuda:{count - 1}" if count else ""
    return f"; there are cpu{cuda}{', mps' if torch.backends.mps.is_available() else ''}"
