"""Path length regularisation: even steps in W make even steps in samples."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganfw import Loss, Terms, Turn, tensor_of

from .options import PathLengthOptions


class PathLength(Loss):
    """Karras et al. 2020, eq. 4: E (‖Jᵀy‖ - a)², with J = ∂G(w)/∂w, y ~ N(0, I) / √(HW), and a a
    moving average of the lengths ‖Jᵀy‖ = ‖∇(G(w)·y)‖ (appendix B).

    It needs a generator that gives "w" (B, W), or one for each of L layers (B, L, W): then squared
    lengths are means over the layers. It is meant for every fourth step (``every = 4``).
    """

    needs = ("gen.w",)
    mean: Tensor

    def __init__(self, options: PathLengthOptions) -> None:
        super().__init__(options)
        self.register_buffer("mean", torch.zeros(()))

    def terms(self, turn: Turn) -> Terms:
        """The generator's only."""
        if turn.player == "disc":
            return {}
        lengths = path_lengths(turn.fake, tensor_of(turn.generated["w"], "w"))
        self.mean.lerp_(lengths.detach().mean(), self.options.decay)
        return {"penalty": self.options.strength * (lengths - self.mean).square().mean()}


def path_lengths(samples: Tensor, w: Tensor) -> Tensor:
    """‖Jᵀy‖ of each sample (B,), for one y each."""
    noise = torch.randn_like(samples) / math.sqrt(samples[0, 0].numel())
    (gradient,) = torch.autograd.grad((samples * noise).sum(), w, create_graph=True)
    squares = gradient.square().sum(-1)
    return squares.flatten(1).mean(1).sqrt() if squares.ndim > 1 else squares.sqrt()
