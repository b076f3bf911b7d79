"""Small networks that name what samples show, trained on real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

BATCH = 64


def trained(
    network: nn.Module,
    pictures: Tensor,
    labels: Tensor,
    vary: Callable[[Tensor], Tensor],
    rates: Iterable[float],
    smoothing: float = 0.0,
) -> nn.Module:
    """``network``, pictures (B, ...) to logits (B, K), trained by Adam on ``pictures`` (N, ...),
    which it sees as ``vary`` makes them, and ``labels`` (N,): an epoch at each of the ``rates``."""
    optimizer = torch.optim.Adam(network.parameters())
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        for batch in torch.randperm(len(pictures)).split(BATCH):
            scores = network(vary(pictures[batch]))
            optimizer.zero_grad()
            cross_entropy(scores, labels[batch], label_smoothing=smoothing).backward()
            optimizer.step()
    return network.eval()
