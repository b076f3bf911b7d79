"""The discriminator as a loss sees it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from ..errors import PluginError
from ..interfaces.outputs import SCORES, Output, by_name, tensor_of

Network = Callable[[Tensor, "Tensor | None"], Output]


class Critic:
    """The discriminator during one turn: see `ganfw.Critic`.

    ``network`` augments and judges. ``labels`` belong to ``real`` samples, and ``fake_labels`` to
    ``fake``; where they are the same, also to any others of the batch.
    """

    def __init__(
        self,
        network: Network,
        real: Tensor | None = None,
        labels: Tensor | None = None,
        fake: Tensor | None = None,
        fake_labels: Tensor | None = None,
    ) -> None:
        self._network = network
        self._real = real
        self._labels = labels
        self._fake = fake
        self._fake_labels = labels if fake_labels is None else fake_labels
        self._seen: list[tuple[Tensor, Tensor | None, Output]] = []

    def __call__(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        return tensor_of(self._judge(samples, labels), SCORES)

    def all(self, samples: Tensor, labels: Tensor | None = None) -> Mapping[str, Output]:
        return by_name(self._judge(samples, labels), SCORES)

    def _judge(self, samples: Tensor, labels: Tensor | None) -> Output:
        known = self._labels_of(samples) if labels is None else labels
        for seen, given, output in self._seen:
            if seen is samples and given is known:
                return output
        output = self._network(samples, known)
        self._seen.append((samples, known, output))
        return output

    @functools.cached_property
    def _labels_of_both(self) -> Tensor | None:
        """One tensor, so that it is seen to be the same when asked for again."""
        if self._labels is None or self._fake_labels is None:
            return None
        return torch.cat([self._labels, self._fake_labels])

    def _labels_of(self, samples: Tensor) -> Tensor | None:
        if self._labels is None or self._fake_labels is None:
            return None
        if samples is self._fake:
            return self._fake_labels
        same = self._labels is self._fake_labels and len(samples) == len(self._labels)
        if samples is self._real or same:
            return self._labels
        if len(samples) == 2 * len(self._labels):
            return self._labels_of_both
        raise PluginError(
            f"a loss shows the critic {len(samples)} samples that are neither real nor fake, in a "
            f"batch of {len(self._labels)}, without their labels: give critic(samples, labels)"
        )
