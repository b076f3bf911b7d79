"""Four bands of frequencies, each made stronger or weaker: Karras et al. 2020 ("Training generative
adversarial networks with limited data"), appendix B."""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor
from torch.nn.functional import conv1d, pad

from .draws import Draws

BANDS = 4

_POWER = (10 / 13, 1 / 13, 1 / 13, 1 / 13)
"""Of natural pictures in each band, as the paper assumes it."""

_ROOT = math.sqrt(3)
_SYM2 = ((1 - _ROOT), (3 - _ROOT), (3 + _ROOT), (1 + _ROOT))
"""Of the symlet of order 2, times 4√2 (Daubechies 1992, table 6.1)."""


def bands() -> Tensor:
    """Zero-phase filters (4, 43) in float64, from low frequencies to high ones; their sum changes
    nothing. Each octave is what the low pass of the one above it leaves, split in two."""
    symlet = torch.tensor(_SYM2, dtype=torch.float64) / (4 * math.sqrt(2))
    low = _product(symlet, symlet.flip(0)) / 2
    high = -low
    high[len(low) // 2] += 1
    found, passed = [], torch.ones(1, dtype=torch.float64)
    for octave in range(BANDS - 1):
        found.append(_product(passed, _stretched(high, 2**octave)))
        passed = _product(passed, _stretched(low, 2**octave))
    return torch.stack([_centred(kernel, len(passed)) for kernel in (passed, *found[::-1])])


def band_matrices(side: int) -> Tensor:
    """(4, side, side): each multiplies a column of ``side`` pixels; together they change nothing.
    Beyond its edges a picture is reflected."""
    kernels = bands()
    reach = kernels.shape[1] // 2
    pixels = torch.arange(side)[:, None] + torch.arange(-reach, reach + 1)
    period = max(2 * (side - 1), 1)
    places = pixels.remainder(period)
    places = torch.minimum(places, period - places) if side > 1 else places * 0
    matrices = torch.zeros(BANDS, side, side, dtype=torch.float64)
    for matrix, kernel in zip(matrices, kernels, strict=True):
        matrix.scatter_add_(1, places, kernel.expand(side, -1))
    return matrices.float()


def gains(draw: Draws) -> Tensor:
    """Of each band for each picture (B, 4): 2 to the power of a normal number, or 1, each scaled so
    that a natural picture keeps its contrast."""
    drawn = [draw.log_normal(1.0) for _ in _POWER]
    scales = [
        (1 + power * (gain.square() - 1)).rsqrt() for gain, power in zip(drawn, _POWER, strict=True)
    ]
    return torch.cat(drawn, dim=1) * functools.reduce(torch.mul, scales)


def filtered(pictures: Tensor, amounts: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Pictures (B, C, H, W) with the bands' gains ``amounts`` (B, 4) along both axes; ``rows`` and
    ``columns`` are `band_matrices` of W and H."""
    of_rows, of_columns = (torch.einsum("bk,kij->bij", amounts, it) for it in (rows, columns))
    return of_columns[:, None] @ pictures @ of_rows[:, None].mT


def _product(first: Tensor, second: Tensor) -> Tensor:
    """Of two filters' polynomials: their convolution."""
    padded = pad(first, (len(second) - 1,) * 2)
    return conv1d(padded[None, None], second.flip(0)[None, None])[0, 0]


def _stretched(kernel: Tensor, factor: int) -> Tensor:
    """Its taps ``factor`` apart."""
    wide = kernel.new_zeros((len(kernel) - 1) * factor + 1)
    wide[::factor] = kernel
    return wide


def _centred(kernel: Tensor, length: int) -> Tensor:
    margin = (length - len(kernel)) // 2
    return pad(kernel, (margin, margin))
