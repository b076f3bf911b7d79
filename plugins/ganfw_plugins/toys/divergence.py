"""How unlike the data's the frequencies of modes are."""

from __future__ import annotations

import torch
from torch import Tensor


def divergence(found: Tensor, known: Tensor) -> float:
    """KL(found ‖ known) of two histograms (K,), in nats. None of ``known`` is 0."""
    p, q = found.double() / found.sum(), known.double() / known.sum()
    # Rounding may leave equal ones a little below 0.
    return max(float(torch.where(p > 0, p * (p / q).log(), 0.0).sum()), 0.0)
