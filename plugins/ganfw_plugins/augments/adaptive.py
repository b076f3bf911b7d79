"""A strength that follows how sure the critic is."""

from __future__ import annotations

import torch
from torch import Tensor

from ganfw import Augment, Shapes

from .options import AdaptiveOptions

_MEMORY = 0.9
"""Weight of earlier batches in the running mean of signs: about ten batches count."""


class Adaptive(Augment):
    """Karras et al. 2020, section 3: while the mean sign of the scores of real samples (r_t in the
    paper) is above ``target``, ``strength`` rises, otherwise it falls: from 0 to 1 within
    ``examples``. It is a probability, and saved with the run. Where a ``probability`` is given, it
    is that, and does not adapt."""

    options: AdaptiveOptions
    strength: Tensor
    real_sign_mean: Tensor

    def __init__(self, options: AdaptiveOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.register_buffer("strength", torch.tensor(float(options.initial)))
        self.register_buffer("real_sign_mean", torch.tensor(0.0))

    def adapt(self, real_sign_mean: Tensor, examples: int) -> None:
        """Move the strength up or down, depending on whether the mean sign is above the target."""
        if self.options.probability is not None:
            return
        self.real_sign_mean.lerp_(real_sign_mean.to(self.real_sign_mean), 1 - _MEMORY)
        step = (self.real_sign_mean - self.options.target).sign() * (
            examples / self.options.examples
        )
        self.strength.add_(step).clamp_(0, self.options.limit)

    def take_probability(self) -> None:
        """Set the strength to the ``probability``, if one is given: it may follow a schedule."""
        if self.options.probability is not None:
            self.strength.fill_(self.options.probability)
