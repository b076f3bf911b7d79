"""The precision of a run: float32 throughout, TF32 products, or bfloat16 forward passes.

Weights, gradients, optimizers and losses are float32 in all three.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Literal

import torch

Precision = Literal["float32", "tf32", "bf16"]

Autocast = Callable[[], AbstractContextManager[object]]
"""Entered around each forward pass of a network."""


def choose_precision(precision: Precision, device: torch.device) -> Autocast:
    """The context to enter around forward passes. Sets torch's switches for float32 products, which
    hold for the whole process."""
    tf32 = precision != "float32"
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = tf32
    if precision != "bf16":
        return contextlib.nullcontext
    return functools.partial(torch.autocast, device.type, torch.bfloat16)
