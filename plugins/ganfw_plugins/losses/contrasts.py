"""Losses by which the critic tells samples of a class from others: ``disc.head=embeddings``."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import relu

from ganfw import Loss, Output, Terms, Turn, tensor_of

from .judged import judged
from .options import ConditionalContrastiveOptions, D2DCEOptions


class ConditionalContrastive(Loss):
    """Kang & Park 2020 (ContraGAN), eq. 8: with embeddings l of length 1 and proxies e of classes,

        -E log (exp(l_i·e(y_i)/t) + Σ_{k≠i, y_k=y_i} exp(l_i·l_k/t))
              / (exp(l_i·e(y_i)/t) + Σ_{k≠i} exp(l_i·l_k/t)),

    over real samples for the discriminator, over generated ones for the generator."""

    options: ConditionalContrastiveOptions
    needs = ("labels", "disc.embeddings", "disc.proxies")

    def terms(self, turn: Turn) -> Terms:
        name, given, labels = _own_batch(turn)
        to_class, to_others = _similarities(given)
        to_class, to_others = (
            to_class / self.options.temperature,
            to_others / self.options.temperature,
        )
        others = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
        alike = others & _same_class(labels)
        all_of_them = _logsumexp(to_class, to_others, others)
        return {
            name: (all_of_them - _logsumexp(to_class, to_others, alike)).mean()
            * self.options.strength
        }


class D2DCE(Loss):
    """Kang et al. 2021 (ReACGAN), eq. 6, data-to-data cross-entropy: with embeddings f of length 1
    and proxies v of classes,

        -E log exp([f_i·v(y_i) - near]_-/t) / (exp([f_i·v(y_i) - near]_-/t)
              + Σ_{y_j≠y_i} exp([f_i·f_j - far]_+/t)),

    over real samples for the discriminator, over generated ones for the generator."""

    options: D2DCEOptions
    needs = ("labels", "disc.embeddings", "disc.proxies")

    def terms(self, turn: Turn) -> Terms:
        name, given, labels = _own_batch(turn)
        to_class, to_others = _similarities(given)
        attraction = -relu(self.options.near - to_class) / self.options.temperature
        repulsion = relu(to_others - self.options.far) / self.options.temperature
        total = _logsumexp(attraction, repulsion, ~_same_class(labels))
        return {name: (total - attraction).mean() * self.options.strength}


def _own_batch(turn: Turn) -> tuple[str, Mapping[str, Output], Tensor]:
    """The samples that the player learns from: their name, what the critic gives, their classes."""
    name = "real" if turn.player == "disc" else "fake"
    return name, *judged(turn, name)


def _similarities(given: Mapping[str, Output]) -> tuple[Tensor, Tensor]:
    """Of each embedding to its class's proxy (B,), and to all embeddings (B, B)."""
    embeddings = tensor_of(given["embeddings"], "embeddings")
    proxies = tensor_of(given["proxies"], "proxies")
    return (embeddings * proxies).sum(1), embeddings @ embeddings.T


def _same_class(labels: Tensor) -> Tensor:
    return labels[:, None] == labels


def _logsumexp(first: Tensor, others: Tensor, counted: Tensor) -> Tensor:
    """Of ``first`` (B,) and those ``others`` (B, B) that are ``counted``: (B,)."""
    masked = others.masked_fill(~counted, -torch.inf)
    return torch.cat([first[:, None], masked], dim=1).logsumexp(1)
