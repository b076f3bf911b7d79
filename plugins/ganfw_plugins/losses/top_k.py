"""Top-k training: the generator learns from its best samples."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from ganfw import Critic, Loss, Output, Terms, Turn

from .adversarial import BASES
from .options import TopKOptions


class TopK(Loss):
    """Sinha et al. 2020, algorithm 1: the loss ``base``, but for the generator over the k
    samples of its batch that score highest. k falls from B to B · ``least``, by the factor
    ``decay`` in each step; the paper counts epochs."""

    options: TopKOptions

    def __init__(self, options: TopKOptions) -> None:
        super().__init__(options)
        self.base = BASES[options.base](options)

    def terms(self, turn: Turn) -> Terms:
        if turn.player == "disc":
            return self.base.discriminator_terms(turn.critic, turn.real, turn.fake)
        share = max(self.options.decay ** (turn.step - 1), self.options.least)
        best = _Best(turn.critic, math.ceil(share * len(turn.fake)))
        return self.base.generator_terms(best, turn.real, turn.fake)


class _Best:
    """A critic that gives the ``count`` highest of its scores alone."""

    def __init__(self, critic: Critic, count: int) -> None:
        self.critic = critic
        self.count = count

    def __call__(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.critic(samples, labels).topk(self.count, dim=0).values

    def all(self, samples: Tensor, labels: Tensor | None = None) -> Mapping[str, Output]:
        return self.critic.all(samples, labels)
