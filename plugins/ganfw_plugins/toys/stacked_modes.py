"""Which of the thousand modes of StackedMNIST are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ganfw import Dataset, Generate, Metric, ShapesError

from .classifier import NAME, DigitClassifier, digit_classifier
from .divergence import divergence
from .stacked import MODES

_SIZES = (16, 32)
_CHUNK = 500
_SURE = 0.9


class StackedModes(Metric):
    """A classifier names the digits in the three colours of each sample, which make its mode.

    ``modes`` is the number of modes that were made at least once, and ``kl`` the divergence of the
    samples' modes from those of the data, which are equally common, in nats (Metz et al. 2017,
    "Unrolled GANs"; Lin et al. 2018, "PacGAN", section 4.2). A perfect generator's ``kl`` is about
    0.02 after 26,000 samples.

    The classifier is a small network, trained on 4,000 of the data's own digits; it names
    ``right_on_unseen`` of the other 1,000 rightly. It names anything, noise too: ``confident`` is
    the share of samples of which it gives all three digits a probability of 0.9 or more.

    Memorization is not noticed: the training data itself covers every mode.
    """

    main = "modes"
    lower_is_better = False
    value_range = (0.0, 1.0)
    classifier: DigitClassifier

    @property
    def most_real(self) -> int:
        return 1  # The data's modes are known.

    def prepare(self, dataset: Dataset, labels: Tensor | None) -> None:
        shape = tuple(dataset.sample_shape)
        if shape not in {(3, size, size) for size in _SIZES}:
            raise ShapesError("it judges the samples of stacked-mnist, 16×16 or 32×32 in colour")
        self.value_range = dataset.value_range or self.value_range
        self.classifier = digit_classifier(shape[-1])

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        fake = generate(self.options.samples)
        named = [self._named(chunk) for chunk in torch.split(fake, _CHUNK)]
        digits, sure = map(torch.cat, zip(*named, strict=True))
        modes = (digits * torch.tensor([100, 10, 1])).sum(1)
        found = modes.bincount(minlength=MODES)
        return {
            "modes": int((found > 0).sum()),
            "modes_known": MODES,
            "kl": divergence(found, torch.ones(MODES)),
            "confident": float(sure.double().mean()),
            "right_on_unseen": self.classifier.right,
            "classifier": NAME,
            "generated_samples": len(fake),
        }

    def _named(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """The digits (B, 3) of samples (B, 3, H, W), and whether they are all sure (B,)."""
        low, high = self.value_range
        grey = (samples.flatten(0, 1)[:, None] - low) / (high - low) * 2 - 1
        sure, digits = self.classifier.network(grey).softmax(1).max(dim=1)
        return digits.view(-1, 3), (sure.view(-1, 3) >= _SURE).all(1)
