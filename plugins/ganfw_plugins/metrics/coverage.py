"""Which of the data's known modes does the generator make, and how evenly?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ganfw import ShapesError, UsageError

from .judging import Generate, SampleMetric

_SHRINKAGE = 0.1


class ModeCoverage(SampleMetric):
    """Modes found, where the data's labels are its modes: species of `sprites`, the Gaussians of
    `ring`. A generated sample belongs to the mode whose centre is nearest; it counts if it lies no
    farther from it than 95 % of the real samples that the centres were not made from.

    ``kl`` is the divergence of the counted samples' distribution over modes from the real one's,
    in nats: 0 is best, and where the data is balanced it is the divergence from uniform.
    ``modes`` is of ``modes_known``; ``in_modes`` is the share of generated samples that count;
    ``found_by_mode`` counts by label, and so says which categories the generator makes well and
    which it leaves out.
    """

    main = "mode_coverage"
    lower_is_better = False

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        if self.labels is None:
            raise ShapesError("it needs data with labels, one for each mode")
        labels = self.labels[self.places(len(real))]
        real, fake = real[self.places(len(real))], generate(self.options.samples)
        ours, theirs, features = self.features(real, fake)
        modes, unseen = _fit(ours, labels, self.options.within, self.options.seed)
        mode, distance = modes.nearest(theirs)
        found = torch.bincount(mode[distance <= modes.reach], minlength=len(modes.centres))
        present = found >= self.options.least
        return {
            self.main: float(present.double().mean()),
            "modes": int(present.sum()),
            "modes_known": len(found),
            "in_modes": float((distance <= modes.reach).double().mean()),
            "found_by_mode": found.tolist(),
            "kl": divergence(found, torch.bincount(labels, minlength=len(found))),
            **self.making(real, fake),
            "right_on_unseen_real": unseen,
            **features,
        }


@dataclass(frozen=True)
class _Modes:
    """Centres (K, F) in a space where all modes have about unit covariance, and their reach."""

    centres: Tensor
    whiten: Tensor
    reach: float

    def nearest(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The nearest mode (B,) and the distance to it (B,)."""
        distances = torch.cdist(features.double() @ self.whiten, self.centres)
        nearest = distances.min(dim=1)
        return nearest.indices, nearest.values


def divergence(found: Tensor, known: Tensor) -> float:
    """KL(found ‖ known) of two histograms (K,), in nats; log K if nothing was found."""
    if not found.sum():
        return math.log(len(found))
    p, q = found.double() / found.sum(), known.double() / known.sum()
    return float(torch.where(p > 0, p * (p / q).log(), 0.0).sum())


def _fit(features: Tensor, labels: Tensor, within: float, seed: int) -> tuple[_Modes, float]:
    """Modes by the means of their classes and a shared, shrunk covariance within them (linear
    discriminant analysis), and the share of held-out samples that they name rightly."""
    generator = torch.Generator().manual_seed(seed)
    known = torch.randperm(len(labels), generator=generator) % 2 == 0
    classes = int(labels.max()) + 1
    counts = torch.bincount(labels[known], minlength=classes)
    if counts.min() < 2:
        raise UsageError("it needs four real samples of each label or more")
    rows = features.double()
    sums = torch.zeros(classes, rows.shape[1], dtype=torch.float64)
    centres = sums.index_add_(0, labels[known], rows[known]) / counts[:, None]
    residuals = rows[known] - centres[labels[known]]
    covariance = residuals.T @ residuals / (len(residuals) - classes)
    ridge = covariance.diagonal().mean() * torch.eye(len(covariance), dtype=torch.float64)
    values, vectors = torch.linalg.eigh((1 - _SHRINKAGE) * covariance + _SHRINKAGE * ridge)
    whiten = vectors * values.clamp(min=1e-12).rsqrt()
    modes = _Modes(centres @ whiten, whiten, math.inf)
    mode, distance = modes.nearest(rows[~known])
    right = float((mode == labels[~known]).double().mean())
    return _Modes(modes.centres, whiten, float(distance.quantile(within))), right
