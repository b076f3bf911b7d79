"""Which of the data's known modes does the generator make, how evenly, and how well?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ganfw import Dataset, Generate, ShapesError, UsageError

from .sample_metric import SampleMetric

_SHRINKAGE = 0.1
_LEAST = 4
"""Samples of each mode: two give its centre, two its reach."""


class ModeCoverage(SampleMetric):
    """Modes found, where the data's labels are its modes: categories of `fashion-mnist`, species of
    `sprites`, the Gaussians of `ring`. A generated sample belongs to the mode whose centre is
    nearest; it counts if it lies no farther from it than 95 % of that mode's real samples do, of
    those that the centre was not made from.

    ``kl`` is the divergence of the counted samples' distribution over modes from that of the real
    ones, in nats: 0 is best; where the data is balanced it is the divergence from uniform. If no
    sample counts it is the largest possible, as if all were of the rarest mode. ``modes`` is of
    ``modes_known``; ``in_modes`` is the share of generated samples that count.

    Two scores by category, under the labels' names, say which work well and which don't, long
    before any sample counts. ``made_by_mode`` is how many samples are nearest to it, as a multiple
    of its share of the data: 1 is as often as in the data, 0 is never. ``quality_by_mode`` is how
    near those lie: the mean of the reach over the distance, at most 1 each, so that real samples
    are near 1, and those at twice the reach are 1/2; 0 where there are none. ``worst_modes`` names
    the three that are worst, being rare, bad or both.

    ``as_asked`` judges generators that use labels: the share of generated samples that are nearest
    to the mode that was asked for. Real samples reach ``right_on_unseen_real``. A generator that
    ignores its labels is at chance, which is 1/K where K modes are asked for equally often; in
    general the sum over modes of the share asked for times the share made.

    Memorization is not noticed: the training data itself covers every mode.
    """

    main = "mode_coverage"
    lower_is_better = False
    names: tuple[str, ...] = ()

    def prepare(self, dataset: Dataset, labels: Tensor | None) -> None:
        super().prepare(dataset, labels)
        if dataset.label_shape:
            shape = tuple(dataset.label_shape)
            raise ShapesError(f"its modes are classes, and this data's labels are arrays {shape}")
        self.names = tuple(dataset.class_names) or tuple(map(str, range(dataset.classes)))
        self._chosen_labels()

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        labels = self._chosen_labels()
        features = self.features(real)
        modes, unseen = _fit(features.real, labels, self.options.within, self.options.seed)
        fake = generate(self.options.samples)
        nearest, nearness = modes.nearness(features(fake))
        counts = nearness == 1
        known = torch.bincount(labels, minlength=len(modes.centres))
        found = torch.bincount(nearest[counts], minlength=len(known))
        present = found >= self.options.least
        return {
            self.main: float(present.double().mean()),
            "modes": int(present.sum()),
            "modes_known": len(known),
            "in_modes": float(counts.double().mean()),
            "kl": divergence(found, known),
            "found_by_mode": found.tolist(),
            **self._by_mode(nearest, nearness, known),
            **_as_asked(nearest, generate.labels),
            **self.provenance(len(real), fake),
            "right_on_unseen_real": unseen,
            **features.description(),
        }

    def _by_mode(self, nearest: Tensor, nearness: Tensor, known: Tensor) -> dict[str, Any]:
        """Scores under the modes' names, from each sample's mode (B,) and nearness to it (B,), and
        the modes' counts in the data (K,)."""
        counts = torch.bincount(nearest, minlength=len(known))
        made = (counts / len(nearest)) / (known / known.sum())
        near = torch.zeros(len(known), dtype=nearness.dtype)
        quality = near.index_add_(0, nearest, nearness) / counts.clamp(min=1)
        worst = (made.clamp(max=1) * quality).argsort(stable=True)[:3]
        return {
            "made_by_mode": dict(zip(self.names, made.tolist(), strict=True)),
            "quality_by_mode": dict(zip(self.names, quality.tolist(), strict=True)),
            "worst_modes": [self.names[label] for label in worst.tolist()],
        }

    def _chosen_labels(self) -> Tensor:
        """The labels (N,) of the chosen real samples. Raises ShapesError if the data has none,
        UsageError if one is too rare."""
        if self.labels is None:
            raise ShapesError("it needs data with labels, one for each mode")
        labels = self.labels[self.chosen_indices(len(self.labels))]
        counts = torch.bincount(labels, minlength=len(self.names))
        if counts.min() < _LEAST:
            raise UsageError(
                f"it needs {_LEAST} real samples of each label or more, and of "
                f"'{self.names[counts.argmin()]}' there are {counts.min()}"
            )
        return labels


@dataclass(frozen=True)
class _Modes:
    """Centres (K, F) in a space where all modes have about unit covariance, and how far from each
    (K,) a sample may lie."""

    centres: Tensor
    whiten: Tensor
    reach: Tensor

    def nearest(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The nearest mode (B,) and the distance to it (B,)."""
        distances = torch.cdist(features.double() @ self.whiten, self.centres)
        nearest = distances.min(dim=1)
        return nearest.indices, nearest.values

    def nearness(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The nearest mode (B,), and how near (B,): 1 within its reach, less by the distance."""
        mode, distance = self.nearest(features)
        reach = self.reach[mode]
        return mode, torch.where(distance <= reach, 1.0, reach / distance)


def _as_asked(nearest: Tensor, asked: Tensor | None) -> dict[str, float]:
    """The share of samples whose mode (B,) is the one that was ``asked`` for, where one was."""
    if asked is None:
        return {}
    return {"as_asked": float((nearest == asked).double().mean())}


def divergence(found: Tensor, known: Tensor) -> float:
    """KL(found ‖ known) of two histograms (K,), in nats. If nothing was found, the largest that it
    can be: that of finding the rarest mode alone, log K where all are known equally well."""
    q = known.double() / known.sum()
    if not found.sum():
        return -float(q.min().log())
    p = found.double() / found.sum()
    return float(torch.where(p > 0, p * (p / q).log(), 0.0).sum())


def _halves(labels: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Two random halves of the indices of ``labels`` (N,), each with half of every label."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=generator)
    order = order[labels[order].argsort(stable=True)]
    return order[::2], order[1::2]


def _fit(features: Tensor, labels: Tensor, within: float, seed: int) -> tuple[_Modes, float]:
    """Modes by the means of their classes and a shared, shrunk covariance within them (linear
    discriminant analysis), and the share of held-out samples that they name rightly."""
    known, unseen = _halves(labels, seed)
    rows = features.double()
    counts = torch.bincount(labels[known])
    sums = torch.zeros(len(counts), rows.shape[1], dtype=torch.float64)
    centres = sums.index_add_(0, labels[known], rows[known]) / counts[:, None]
    whiten = _whitening(rows[known] - centres[labels[known]], len(counts))
    modes = _Modes(centres @ whiten, whiten, torch.full((len(counts),), math.inf))
    mode, _ = modes.nearest(rows[unseen])
    right = float((mode == labels[unseen]).double().mean())
    own = (rows[unseen] @ whiten - modes.centres[labels[unseen]]).norm(dim=1)
    reach = [own[labels[unseen] == label].quantile(within) for label in range(len(counts))]
    return _Modes(modes.centres, whiten, torch.stack(reach)), right


def _whitening(residuals: Tensor, modes: int) -> Tensor:
    """The map (F, F) that brings ``residuals`` (N, F) from their modes to unit covariance."""
    covariance = residuals.T @ residuals / (len(residuals) - modes)
    ridge = covariance.diagonal().mean() * torch.eye(len(covariance), dtype=torch.float64)
    values, vectors = torch.linalg.eigh((1 - _SHRINKAGE) * covariance + _SHRINKAGE * ridge)
    whitening: Tensor = vectors * values.clamp(min=1e-12).rsqrt()
    return whitening
