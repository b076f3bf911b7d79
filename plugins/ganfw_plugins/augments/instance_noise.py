"""Instance noise."""

from __future__ import annotations

import torch
from torch import Tensor

from ganfw import Augment

from .options import InstanceNoiseOptions


class InstanceNoise(Augment):
    """Sønderby et al. 2017 (AffGAN), instance noise: normal noise on real and generated samples
    alike, so that their distributions overlap. Let it vanish while a run goes on:
    ``-s augment.instance-noise.std=0.1..0``."""

    options: InstanceNoiseOptions

    def forward(self, samples: Tensor) -> Tensor:
        """Samples (B, ...) of any shape to noisy ones."""
        return samples + torch.randn_like(samples) * self.options.std
