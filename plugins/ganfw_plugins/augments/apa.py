"""Adaptive pseudo augmentation: the discriminator is deceived about some samples."""

from __future__ import annotations

import torch
from torch import Tensor

from .adaptive import Adaptive


class PseudoAugment(Adaptive):
    """Jiang et al. 2021 ("Deceive D"), section 3: in the discriminator's turn each real sample is,
    with the probability ``strength``, a generated one that is shown as real. It rises while the
    discriminator is too sure of what it is told is real. No sample is changed."""

    def replaced(self, real: Tensor) -> Tensor:
        """Which of the samples (B, ...) generated ones stand for: (B,)."""
        self.take_probability()
        return torch.rand(len(real), device=real.device) < self.strength

    def forward(self, samples: Tensor) -> Tensor:
        """Samples (B, ...) as they are."""
        return samples
