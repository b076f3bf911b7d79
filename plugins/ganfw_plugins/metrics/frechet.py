"""Distances between Gaussians that are fitted to samples or to their features."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ganfw import Dataset, Generate, ShapesError

from .features import feature_count
from .sample_metric import SampleMetric

Moments = tuple[Tensor, Tensor]
"""Mean (F,) and covariance (F, F)."""


class FrechetDistance(SampleMetric):
    """The Fréchet distance of Heusel et al. 2017."""

    why_enough = ", as many as it has features"

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        features = self.features(real)
        fake = generate(self.options.samples)
        distance = frechet_distance(moments(features.real), moments(features(fake)))
        return {self.main: distance, **self.provenance(len(real), fake), **features.description()}


class RandomFrechet(FrechetDistance):
    """The Fréchet distance of Heusel et al. 2017 on features of random filters. 0 is best.

    Memorization is not noticed: the training data itself scores 0.
    """

    main = "random_frechet"

    def enough(self, sample: tuple[int, ...]) -> int:
        return feature_count(sample)


class FrechetGaussian(SampleMetric):
    """Between the data's Gaussian and that of the generated points. 0 is best.

    The data's is exact where the dataset knows it, as `gaussian` does, and fitted elsewhere.
    Memorization is not noticed: only a mean and a covariance are compared.
    """

    main = "frechet_gaussian"
    _known: Moments | None = None

    def prepare(self, dataset: Dataset, labels: Tensor | None) -> None:
        super().prepare(dataset, labels)
        exact = getattr(dataset, "moments", None)
        self._known = None if exact is None else exact()

    def check_shape(self, sample: tuple[int, ...]) -> None:
        if len(sample) != 1:
            raise ShapesError("it judges points, and this data is none")

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        fitted = moments(self.chosen(real))
        fake = generate(self.options.samples)
        return {
            self.main: frechet_distance(self._known or fitted, moments(fake)),
            **self.provenance(len(real), fake),
            "reference": "the dataset's own" if self._known else "fitted to the real samples",
        }


def moments(samples: Tensor) -> Moments:
    """Mean and covariance of samples (N, F), in float64."""
    rows = samples.double()
    return rows.mean(dim=0), torch.cov(rows.T, correction=1).reshape(rows.shape[1], -1)


def frechet_distance(one: Moments, other: Moments) -> float:
    """|μ₁ - μ₂|² + tr(C₁ + C₂ - 2 (C₁C₂)^½) (Dowson & Landau 1982), never below 0; nan for
    moments that are not finite.

    The trace of the root is taken of the symmetric C₁^½ C₂ C₁^½, which has the same eigenvalues.
    """
    (mean, cov), (mean_, cov_) = ((m.double(), c.double()) for m, c in (one, other))
    if not all(moment.isfinite().all() for moment in (mean, cov, mean_, cov_)):
        return math.nan
    values, vectors = torch.linalg.eigh(cov)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    shared = torch.linalg.eigvalsh(root @ cov_ @ root).clamp(min=0).sqrt().sum()
    distance = (mean - mean_).square().sum() + cov.trace() + cov_.trace() - 2 * shared
    return max(float(distance), 0.0)
