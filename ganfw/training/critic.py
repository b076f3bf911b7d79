"""The discriminator as a loss sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn


class Critic:
    """The discriminator as a loss sees it: samples (B, ...) -> scores (B,).

    It lives for one update, knows the batch's labels, augments what it is shown, and remembers:
    asked twice about the same tensor, it runs the network once.
    """

    def __init__(
        self,
        network: Callable[[Tensor, Tensor | None], Tensor],
        labels: Tensor | None,
        augments: Sequence[nn.Module],
    ) -> None:
        self._network = network
        self._labels = labels
        self._augments = augments
        self._seen: list[tuple[Tensor, Tensor]] = []

    def __call__(self, samples: Tensor) -> Tensor:
        for seen, scores in self._seen:
            if seen is samples:
                return scores
        self._seen.append((samples, self._score(samples)))
        return self._seen[-1][1]

    def _score(self, samples: Tensor) -> Tensor:
        for augment in self._augments:
            samples = augment(samples)
        return self._network(samples, self._labels)
