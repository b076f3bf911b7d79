"""Can a classifier tell generated samples from real ones? What a GAN's discriminator asks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from ganfw import Generate

from .sample_metric import SampleMetric

_HIDDEN, _BATCH = 20, 64


class ClassifierTest(SampleMetric):
    """The classifier two-sample test of Lopez-Paz & Oquab 2017: a classifier is trained on half of
    the real and half of the generated samples, and its accuracy on the other halves is the
    statistic. 0.5 is best.

    Were both of one distribution, the accuracy would be N(1/2, 1/4n) for n test samples (their
    eq. 2); ``c2st_p`` is the chance of one as high. Pictures are compared by features of random
    filters, points by their own values, both standardised. Memorization is not noticed: the
    training data itself can't be told apart, and the accuracy may fall below 0.5.
    """

    main = "c2st"

    @property
    def least(self) -> int:
        return 8

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        features = self.features(real)
        fake = generate(len(features.real))
        accuracy, tested = self._accuracy(features.real, features(fake))
        return {
            self.main: accuracy,
            "c2st_p": p_value(accuracy, tested),
            **self.provenance(len(real), fake),
            "tested_samples": tested,
            "classifier": self.options.classifier,
            **features.description(),
        }

    def _accuracy(self, real: Tensor, fake: Tensor) -> tuple[float, int]:
        """The share of right guesses on what was not trained on, and how much that is."""
        generator = torch.Generator().manual_seed(self.options.seed)
        known, asked = zip(*(halves(samples, generator) for samples in (real, fake)), strict=True)
        trained_on, truth = _beside(*known)
        if self.options.classifier == "neighbours":
            scores = _neighbours(trained_on, truth, torch.cat(asked))
        else:
            network = self._trained(trained_on, truth, generator)
            with torch.no_grad():
                scores = network(torch.cat(asked)).squeeze(1)
        right = (scores > 0) == (_beside(*asked)[1] > 0)
        return float(right.double().mean()), len(right)

    def _trained(self, samples: Tensor, truth: Tensor, generator: torch.Generator) -> nn.Module:
        """20 hidden rectifiers and Adam, as in the paper's experiments."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.options.seed)
            network = nn.Sequential(
                nn.Linear(samples.shape[1], _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, 1)
            )
        optimizer = torch.optim.Adam(network.parameters(), fused=True)
        with torch.enable_grad():
            for _ in range(self.options.epochs):
                order = torch.randperm(len(samples), generator=generator)
                for rows in torch.split(order, _BATCH):
                    guess = network(samples[rows]).squeeze(1)
                    optimizer.zero_grad()
                    binary_cross_entropy_with_logits(guess, truth[rows]).backward()  # type: ignore[no-untyped-call]
                    optimizer.step()
        return network


def halves(samples: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two random halves of ``samples`` (N, F); of an odd number the second is the larger.

    Real and generated samples are halved separately. If they were halved together, the half with
    more of one kind would leave less of it to the other, and a classifier that prefers that kind
    would be wrong more often than by chance.
    """
    order = torch.randperm(len(samples), generator=generator)
    half = len(samples) // 2
    return samples[order[:half]], samples[order[half:]]


def _beside(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """All samples, and 1 for those that are real, 0 for the others."""
    return torch.cat([real, fake]), torch.cat([torch.ones(len(real)), torch.zeros(len(fake))])


def p_value(accuracy: float, tested: int) -> float:
    """The chance of this accuracy or a higher one where there is nothing to tell apart."""
    return 0.5 * math.erfc((accuracy - 0.5) * math.sqrt(2 * tested))


def _neighbours(known: Tensor, truth: Tensor, asked: Tensor) -> Tensor:
    """Votes of the √n nearest, above 0 for "real"."""
    k = max(math.isqrt(len(known)), 1)
    votes = []
    for rows in torch.split(asked, 1024):
        nearest = torch.cdist(rows, known).topk(k, largest=False).indices
        votes.append(truth[nearest].mean(dim=1) - 0.5)
    return torch.cat(votes)
