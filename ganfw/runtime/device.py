"""Which device a run computes on."""

from __future__ import annotations

import re

import torch

from ..errors import UsageError

_NAMES = re.compile(r"cpu|mps|cuda(:[0-9]{1,6})?")


def choose_device(wanted: str, local_rank: int = 0) -> torch.device:
    """The device that ``wanted`` names; "auto" is CUDA, else MPS, else the CPU. Each process of a
    machine takes the GPU of its own local rank, unless ``wanted`` names one.

    Raises UsageError for a device that is not available, and for an unknown name.
    """
    if wanted == "auto":
        wanted = _best()
    named = _NAMES.fullmatch(wanted)
    kind, _, number = wanted.partition(":")
    index = int(number) if named and number else local_rank
    if not named or not _is_here(kind, index):
        raise UsageError(f"no device {wanted or repr(wanted)} here{_here()}")
    return torch.device(kind, index) if kind == "cuda" else torch.device(kind)


def _is_here(kind: str, index: int) -> bool:
    if kind == "cuda":
        return index < torch.cuda.device_count()
    return kind == "cpu" or torch.backends.mps.is_available()


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _here() -> str:
    count = torch.cuda.device_count()
    cuda = f", cuda:0 to cuda:{count - 1}" if count else ""
    return f"; there are cpu{cuda}{', mps' if torch.backends.mps.is_available() else ''}"
