"""Which of the data's Gaussians are found, as VEEGAN and PacGAN count them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ganfw import Dataset, Generate, Metric, ShapesError, UsageError

from .divergence import divergence


class GaussianModes(Metric):
    """For points whose labels are Gaussians, all round and of one deviation σ: `ring` and `grid`.
    Centres and σ are those of the real samples.

    ``high_quality`` is the share of generated samples within 3 σ of the nearest centre, and
    ``modes`` the number of centres with at least one such sample (Srivastava et al. 2017, section
    4.1). ``kl`` is the divergence of all generated samples' nearest modes from the data's modes, in
    nats (Lin et al. 2018, section 4). Perfect samples in a plane have 98.9 % within 3 σ, and
    a ``kl`` of about (K - 1) / 2n for K modes and n samples.

    Memorization is not noticed: the training data itself covers every mode.
    """

    main = "modes"
    lower_is_better = False
    labels: Tensor
    classes = 0

    def prepare(self, dataset: Dataset, labels: Tensor | None) -> None:
        if len(dataset.sample_shape) != 1 or dataset.label_shape:
            raise ShapesError("it judges points with classes, and this data has none")
        if labels is None:
            raise ShapesError("it needs data with labels, one for each Gaussian")
        self.labels, self.classes = labels, dataset.classes
        if (rarest := int(labels.bincount(minlength=self.classes).min())) < 2:
            raise UsageError(f"it needs 2 real samples of each label, of one there are {rarest}")

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        centres, deviation = self._fit(real.double())
        fake = generate(self.options.samples).double()
        distance, nearest = torch.cdist(fake, centres).min(dim=1)
        good = distance <= self.options.deviations * deviation
        found = nearest[good].bincount(minlength=self.classes)
        made = nearest.bincount(minlength=self.classes)
        return {
            "modes": int((found > 0).sum()),
            "modes_known": self.classes,
            "high_quality": float(good.double().mean()),
            "kl": divergence(made, self.labels.bincount(minlength=self.classes)),
            "found_by_mode": found.tolist(),
            "deviation": deviation,
            "real_samples": len(real),
            "generated_samples": len(fake),
        }

    def _fit(self, real: Tensor) -> tuple[Tensor, float]:
        """The centres (K, F) of real samples (N, F), and their deviation from them."""
        labels = self.labels[: len(real)]
        sums = real.new_zeros(self.classes, real.shape[1]).index_add_(0, labels, real)
        centres = sums / labels.bincount(minlength=self.classes)[:, None]
        squares = (real - centres[labels]).square().sum()
        freedom = (len(real) - self.classes) * real.shape[1]
        return centres, float((squares / freedom).sqrt())
