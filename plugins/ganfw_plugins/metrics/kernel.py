"""Maximum mean discrepancy with a polynomial kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ganfw import Generate

from .sample_metric import SampleMetric

_ROWS = 2048


class KernelDistance(SampleMetric):
    """The kernel distance of Bińkowski et al. 2018, of all pairs."""

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        features = self.features(real)
        fake = generate(self.options.samples)
        distance = squared_discrepancy(features.real, features(fake), self.options.degree)
        return {
            self.main: distance,
            **self.provenance(len(real), fake),
            "kernel": f"(x·y/F + 1)^{self.options.degree}",
            **features.description(),
        }


class RandomKid(KernelDistance):
    """The kernel distance of Bińkowski et al. 2018 on features of random filters. 0 is best, and
    an unbiased estimate may lie a little below.

    Memorization is not noticed: the training data itself scores far below 0, better than new
    samples could.
    """

    main = "random_kid"


def squared_discrepancy(x: Tensor, y: Tensor, degree: int = 3) -> float:
    """The unbiased estimate of MMD² of x (N, F) and y (M, F) (Gretton et al. 2012, eq. 3), of all
    pairs rather than of subsets."""
    n, m = len(x), len(y)
    within_x = _kernel_sum(x, x, degree) - _kernel_diagonal(x, degree)
    within_y = _kernel_sum(y, y, degree) - _kernel_diagonal(y, degree)
    between = _kernel_sum(x, y, degree)
    return within_x / (n * (n - 1)) + within_y / (m * (m - 1)) - 2 * between / (n * m)


def _kernel_sum(x: Tensor, y: Tensor, degree: int) -> float:
    rows = torch.split(x, _ROWS)
    return sum(float((row @ y.T / x.shape[1] + 1).pow(degree).sum().double()) for row in rows)


def _kernel_diagonal(x: Tensor, degree: int) -> float:
    return float((x.square().sum(dim=1) / x.shape[1] + 1).pow(degree).sum().double())
