"""Are samples real, and are they all of the data? By balls that reach each one's neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from ganfw import Generate

from .sample_metric import SampleMetric

_ROWS = 1024


class Prdc(SampleMetric):
    """Precision, recall, density and coverage; their names begin with ``prefix``."""

    prefix: ClassVar[str]
    lower_is_better = False

    @property
    def least(self) -> int:
        return int(self.options.neighbours) + 1

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        features = self.features(real)
        fake = generate(self.options.samples)
        scores = prdc(features.real, features(fake), self.options.neighbours)
        return {
            **{f"{self.prefix}_{name}": score for name, score in scores.items()},
            **self.provenance(len(real), fake),
            "neighbours": self.options.neighbours,
            **features.description(),
        }


class RandomPrdc(Prdc):
    """Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020),
    on features of random filters. 1 is best; density may exceed it.

    Precision and density fall for samples unlike the data, recall and coverage where parts of the
    data are left out. Memorization is not noticed: the training data itself scores 1, and a
    density of (k + 1)/k, as each sample is in its own ball and in k others.
    """

    prefix = "random"
    main = "random_coverage"


def prdc(real: Tensor, fake: Tensor, k: int) -> dict[str, float]:
    """Of features (N, F) and (M, F), with balls that reach the k-th neighbour (Naeem et al. 2020,
    eqs. 1 to 3)."""
    real_reach, fake_reach = _reach(real, k), _reach(fake, k)
    in_real = torch.zeros(len(fake))
    caught = torch.zeros(len(real), dtype=torch.bool)
    covered = torch.zeros(len(real), dtype=torch.bool)
    for start in range(0, len(real), _ROWS):
        rows = slice(start, start + _ROWS)
        distance = torch.cdist(real[rows], fake)
        within = distance <= real_reach[rows, None]
        in_real += within.sum(dim=0)
        covered[rows] = within.any(dim=1)
        caught[rows] = (distance <= fake_reach).any(dim=1)
    return {
        "precision": float((in_real > 0).double().mean()),
        "recall": float(caught.double().mean()),
        "density": float(in_real.double().mean() / k),
        "coverage": float(covered.double().mean()),
    }


def _reach(samples: Tensor, k: int) -> Tensor:
    """The distance (N,) of each sample's k-th neighbour, itself not counted."""
    return torch.cat(
        [
            torch.cdist(rows, samples).kthvalue(k + 1, dim=1).values
            for rows in torch.split(samples, _ROWS)
        ]
    )
