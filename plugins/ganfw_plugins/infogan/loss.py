"""The loss of InfoGAN: information that samples hold on their codes."""

from __future__ import annotations

import math

from torch import Tensor

from ganfw import Loss, Terms, Turn, UsageError, tensor_of

from .options import InfoGANOptions


class InfoGAN(Loss):
    """Chen et al. 2016, eq. 6: the generator and Q minimise -λ L_I, which is
    λ E -log Q(c | G(z, c))
    less the entropy of the codes c (eq. 5). The critic, which gives Q its features, does not learn
    from it, and has a loss of its own beside it, such as ``nonsaturating``."""

    options: InfoGANOptions
    needs = ("gen.categorical", "gen.continuous", "disc.features", "network.q")

    def terms(self, turn: Turn) -> Terms:
        if turn.player == "disc":
            return {}
        features = tensor_of(turn.critic.all(turn.fake)["features"], "features")
        guess = turn.forward("q", features)
        logits, mean = tensor_of(guess, "categorical"), tensor_of(guess, "mean")
        chosen = tensor_of(turn.generated["categorical"], "categorical")
        numbers = tensor_of(turn.generated["continuous"], "continuous")
        _check_alike(logits, chosen, mean, numbers)
        terms = {}
        if chosen.numel():
            errors = -(chosen * logits.log_softmax(2)).sum((1, 2))
            terms["categorical"] = errors.mean() * self.options.categorical
        if numbers.numel():
            errors = gaussian_errors(numbers, mean, tensor_of(guess, "log_deviation"))
            terms["continuous"] = errors.mean() * self.options.continuous
        return terms


def gaussian_errors(numbers: Tensor, mean: Tensor, log_deviation: Tensor) -> Tensor:
    """-log of the joint density of independent ``numbers`` (B, C): (B,)."""
    standard = (numbers - mean) * (-log_deviation).exp()
    return (standard.square() / 2 + log_deviation + math.log(2 * math.pi) / 2).sum(1)


def _check_alike(logits: Tensor, chosen: Tensor, mean: Tensor, numbers: Tensor) -> None:
    if logits.shape != chosen.shape or mean.shape != numbers.shape:
        raise UsageError(
            "network 'q' and the generator have other codes: give both the same variables, values "
            "and continuous"
        )
