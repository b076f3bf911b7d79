"""The precision of a run: float32 throughout, TF32 products, or bfloat16 forward passes.

Weights, gradients, optimizers and losses are float32 in all three.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import conv2d

Precision = Literal["float32", "tf32", "bf16"]

Autocast = Callable[[], AbstractContextManager[object]]
"""Entered around each forward pass of a network."""

_TRIES = 3


def choose_precision(precision: Precision, device: torch.device) -> Autocast:
    """The context to enter around forward passes. Sets torch's switches for float32 products, which
    hold for the whole process."""
    tf32 = precision != "float32"
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = tf32
    if precision != "bf16":
        return contextlib.nullcontext
    return functools.partial(torch.autocast, device.type, torch.bfloat16)


def bf16_speed(device: torch.device) -> float:
    """How many times as fast as in float32 ``device`` convolves in bfloat16, in the best of three
    tries; below 1 where it has no instructions for that."""
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        maps = torch.ones(8, 64, 32, 32, dtype=dtype, device=device)
        maps = maps.contiguous(memory_format=torch.channels_last)
        weight = torch.ones(64, 64, 3, 3, dtype=dtype, device=device)
        seconds[dtype] = min(_convolution_seconds(maps, weight) for _ in range(_TRIES))
    return seconds[torch.float32] / seconds[torch.bfloat16]


def _convolution_seconds(maps: Tensor, weight: Tensor) -> float:
    began = time.perf_counter()
    float(conv2d(maps, weight)[0, 0, 0, 0])  # which waits for the device
    return time.perf_counter() - began
