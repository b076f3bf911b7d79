"""The loss that stands beside the game."""

from __future__ import annotations

from torch import Tensor

from ganfw import Critic, Loss, Terms

from .options import PixelL1Options


class PixelL1(Loss):
    """Equation 3: λ E ‖y - G(x)‖₁, where y is the sample that belongs to the label x."""

    options: PixelL1Options
    needs = ("labels.paired",)

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        """The mean distance of generated samples (B, ...) to real ones of the same labels."""
        return {"distance": self.options.strength * (real - fake).abs().mean()}
