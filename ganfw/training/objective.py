"""What a player minimises: the weighted terms of all losses."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..interfaces.loss import Loss, Terms


@dataclass(frozen=True)
class WeightedLoss:
    """A loss, the name its terms are logged under, its weight in the sum, and how often it is
    active: in every n-th step, with n times the weight (lazy regularisation, Karras et al. 2020,
    "Analyzing and improving the image quality of StyleGAN", section 3.1)."""

    name: str
    loss: Loss
    weight: float = 1.0
    every: int = 1

    @property
    def factor(self) -> float:
        """The factor of its terms in the steps where it is active."""
        return self.weight * self.every


@dataclass(frozen=True)
class TurnLosses:
    """One player's loss and the terms that it is the sum of, per example, on the device."""

    loss: Tensor
    terms: dict[str, Tensor]


@dataclass(frozen=True)
class StepLosses:
    """One step's losses, per example, still on the device. ``terms`` sum to the two losses. They
    are this process's part of the mean over all; ``examples`` are those of all."""

    examples: int
    loss_D: Tensor
    loss_G: Tensor
    terms: dict[str, Tensor]


def total(player: str, parts: Iterable[tuple[WeightedLoss, Terms]]) -> TurnLosses:
    """The weighted sum of all terms, and each term by its logged name, detached."""
    terms = {
        f"{player}/{weighted.name}.{term}": (
            value if weighted.factor == 1.0 else weighted.factor * value
        )
        for weighted, part in parts
        for term, value in part.items()
    }
    loss = functools.reduce(torch.add, terms.values())
    return TurnLosses(loss, {name: value.detach() for name, value in terms.items()})


def mean(losses: Sequence[TurnLosses], shares: Sequence[float]) -> TurnLosses:
    """Over the micro-batches of a batch, by their shares of it."""
    loss = torch.stack([turn.loss * share for turn, share in zip(losses, shares, strict=True)])
    terms: dict[str, Tensor] = {}
    for turn, share in zip(losses, shares, strict=True):
        for name, value in turn.terms.items():
            terms[name] = terms[name] + value * share if name in terms else value * share
    return TurnLosses(loss.sum(), terms)
