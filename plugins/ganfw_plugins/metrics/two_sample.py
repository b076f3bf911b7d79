"""Can a classifier tell generated samples from real ones? What a GAN's discriminator asks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from .judging import Generate, SampleMetric, enough

_HIDDEN, _BATCH = 20, 64


class ClassifierTest(SampleMetric):
    """The classifier two-sample test of Lopez-Paz & Oquab 2017: a classifier is trained on half of
    the samples, and its accuracy on the other half is the statistic. 0.5 is best.

    Were both halves of one distribution, the accuracy would be N(1/2, 1/4n) for n test samples
    (their eq. 2); ``c2st_p`` is the chance of one as high. Points are judged as they are, pictures
    by features of random filters.
    """

    main = "c2st"

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        real = self.chosen(real)
        fake = generate(len(real))
        enough(real, 8)
        ours, theirs, features = self.features(real, fake)
        accuracy, tested = self._accuracy(ours, theirs)
        return {
            self.main: accuracy,
            "c2st_p": p_value(accuracy, tested),
            **self.making(real, fake),
            "tested": tested,
            "classifier": self.options.classifier,
            **features,
        }

    def _accuracy(self, real: Tensor, fake: Tensor) -> tuple[float, int]:
        """The share of right guesses on the half that was not trained on, and its size."""
        generator = torch.Generator().manual_seed(self.options.seed)
        samples = torch.cat([real, fake])
        truth = torch.cat([torch.ones(len(real)), torch.zeros(len(fake))])
        order = torch.randperm(len(samples), generator=generator)
        train, test = order[: len(order) // 2], order[len(order) // 2 :]
        if self.options.classifier == "neighbours":
            scores = _neighbours(samples[train], truth[train], samples[test])
        else:
            network = self._trained(samples[train], truth[train], generator)
            with torch.no_grad():
                scores = network(samples[test]).squeeze(1)
        return float(((scores > 0) == (truth[test] > 0)).double().mean()), len(test)

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
