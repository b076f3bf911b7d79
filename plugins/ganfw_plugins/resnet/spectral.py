"""Spectral norm: layers that lengthen no vector."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.parametrize import register_parametrization


def add_spectral_norm(network: nn.Module, embeddings: bool = False) -> None:
    """Divide the weights of all convolutions and linear layers, and of ``embeddings`` too if that
    is asked for, by their spectral norm."""
    kinds = (nn.Conv2d, nn.Linear, nn.Embedding) if embeddings else (nn.Conv2d, nn.Linear)
    for module in list(network.modules()):
        if isinstance(module, kinds):
            register_parametrization(module, "weight", SpectralNorm(len(module.weight)))


class SpectralNorm(nn.Module):
    """W / σ(W), with σ the greatest singular value of W (out, in · height · width). Each forward
    pass in training improves its left singular vector u by a power iteration (Miyato et al. 2018,
    algorithm 1).

    torch.nn.utils.parametrizations.spectral_norm comes to the same. This takes fewer kernels, needs
    no iterations when it is made, and σ is float32 under autocast.
    """

    u: Tensor

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.register_buffer("u", normalize(torch.randn(outputs), dim=0))

    def forward(self, weight: Tensor) -> Tensor:
        """Weights (out, ...) to weights of the same shape."""
        matrix = weight.flatten(1)
        u = self._iterate(matrix.detach()) if self.training else self.u.clone()
        # With v = Wᵀu / |Wᵀu|, as there, uᵀWv is |Wᵀu|.
        divided: Tensor = weight / (matrix.mT @ u).to(weight).norm()
        return divided

    @torch.no_grad()
    def _iterate(self, matrix: Tensor) -> Tensor:
        u = normalize((matrix @ (matrix.mT @ self.u)).to(matrix), dim=0)
        self.u.copy_(u)
        return u
