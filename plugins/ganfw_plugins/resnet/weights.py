"""How weights begin."""

from __future__ import annotations

import math

from torch import nn


def init_glorot(network: nn.Module, embeddings: bool = False) -> None:
    """Uniform weights (Glorot & Bengio 2010, eq. 16), √2 times as large in 3×3 convolutions, as in
    the published code of Miyato et al. 2018; for equal widths that is eq. 10 of He et al. 2015,
    which Gulrajani et al. 2017 use. Biases are 0. Embeddings stay as they are
    unless they are asked for."""
    kinds = (nn.Conv2d, nn.Linear, nn.Embedding) if embeddings else (nn.Conv2d, nn.Linear)
    for module in network.modules():
        if isinstance(module, kinds):
            is_wide = isinstance(module, nn.Conv2d) and module.kernel_size != (1, 1)
            nn.init.xavier_uniform_(module.weight, math.sqrt(2) if is_wide else 1.0)
            _zero_bias(module)


def init_orthogonal(network: nn.Module) -> None:
    """Orthogonal weights (Saxe et al. 2014), as Brock et al. 2019, section 3, use them. Biases are
    0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.Embedding):
            nn.init.orthogonal_(module.weight)
            _zero_bias(module)


def _zero_bias(module: nn.Conv2d | nn.Linear | nn.Embedding) -> None:
    if not isinstance(module, nn.Embedding) and module.bias is not None:
        nn.init.zeros_(module.bias)
