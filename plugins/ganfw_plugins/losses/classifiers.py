"""Losses by which the critic names classes: see the option ``head`` of discriminators."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, relu

from ganfw import Loss, Terms, Turn, tensor_of

from .judged import judged
from .options import ADCOptions, AuxiliaryClassifierOptions, MultiHingeOptions, TACOptions


class AuxiliaryClassifier(Loss):
    """Odena et al. 2017 (AC-GAN), eq. 3: -E log P(C = c | X) over real and generated X, for both
    players. Eq. 2 is a loss of its own beside it, such as ``nonsaturating``."""

    options: AuxiliaryClassifierOptions
    needs: ClassVar[tuple[str, ...]] = ("labels", "disc.classes")

    def terms(self, turn: Turn) -> Terms:
        terms = {}
        if turn.player == "disc":
            terms["real"] = _error(turn, "real") * self.options.strength
        if turn.player == "gen" or self.options.fake:
            terms["fake"] = _error(turn, "fake") * self.options.strength
        return terms


class TAC(AuxiliaryClassifier):
    """Gong et al. 2019 (TAC-GAN), section 3.2: to what `AuxiliaryClassifier` minimises is added

        E log Q(y | G(z, y)),

    where Q is a twin of the classifier, which learns from generated samples alone. The generator
    minimises it, and Q maximises it: where samples of a class are too much alike, Q knows them."""

    options: TACOptions
    needs = ("labels", "disc.classes", "disc.twin_classes")

    def terms(self, turn: Turn) -> Terms:
        sign = 1 if turn.player == "disc" else -1
        twin = _error(turn, "fake", "twin_classes") * (sign * self.options.strength)
        return {**super().terms(turn), "twin": twin}


class ADC(Loss):
    """Hou et al. 2022 (ADC-GAN), section 4: one classifier C of 2K classes, real ones y⁺ and
    generated ones y⁻. The discriminator minimises

        -E log C(y⁺ | x) - E log C(y⁻ | G(z, y)),

    the generator -E log C(y⁺ | G(z, y)) + E log C(y⁻ | G(z, y))."""

    options: ADCOptions
    needs = ("labels", "disc.classes", "disc.twin_classes")

    def terms(self, turn: Turn) -> Terms:
        fake = self._log_likelihoods(turn, "fake")
        if turn.player == "gen":
            return {"fake": (fake[1] - fake[0]) * self.options.strength}
        real = self._log_likelihoods(turn, "real")
        return {"real": -real[0] * self.options.strength, "fake": -fake[1] * self.options.strength}

    def _log_likelihoods(self, turn: Turn, which: str) -> tuple[Tensor, Tensor]:
        """Of y⁺ and of y⁻, means over the batch."""
        given, labels = judged(turn, which)
        classes = tensor_of(given["classes"], "classes")
        twins = tensor_of(given["twin_classes"], "twin_classes")
        logits = torch.cat([classes, twins], dim=1)
        return -cross_entropy(logits, labels), -cross_entropy(logits, labels + classes.shape[1])


class MultiHinge(Loss):
    """Kavalerov et al. 2019 (MHingeGAN, in its first form): the hinge loss of Crammer & Singer over
    K classes and that of generated samples, K + 1,

        H(x, y) = max(0, 1 - D_y(x) + max_{k≠y} D_k(x)).

    The discriminator minimises E H(x, y) + E H(G(z, y), K + 1), the generator gen · E H(G(z, y),
    y). It is a game by itself. The authors weigh the generator's term with 0.05 beside one that
    matches features, which are of another scale in ``feature-matching``."""

    options: MultiHingeOptions
    needs = ("labels", "disc.classes", "disc.fake_class")

    def terms(self, turn: Turn) -> Terms:
        logits, labels = self._logits(turn, "fake")
        if turn.player == "gen":
            return {"fake": multi_hinge(logits, labels) * self.options.gen}
        is_fake = torch.full_like(labels, logits.shape[1] - 1)
        real = multi_hinge(*self._logits(turn, "real"))
        return {"real": real, "fake": multi_hinge(logits, is_fake)}

    def _logits(self, turn: Turn, which: str) -> tuple[Tensor, Tensor]:
        """Of the classes and of being generated (B, K + 1), and the labels (B,)."""
        given, labels = judged(turn, which)
        classes = tensor_of(given["classes"], "classes")
        fake_class = tensor_of(given["fake_class"], "fake_class")
        return torch.cat([classes, fake_class[:, None]], dim=1), labels


def multi_hinge(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean of max(0, 1 - l_y + max_{k≠y} l_k) over logits l (B, K) and labels y (B,)."""
    own = labels[:, None]
    others = logits.scatter(1, own, -torch.inf).amax(1)
    return relu(1 - logits.gather(1, own).squeeze(1) + others).mean()


def _error(turn: Turn, which: str, name: str = "classes") -> Tensor:
    """The cross-entropy of the logits ``name`` of "real" or "fake" samples."""
    given, labels = judged(turn, which)
    return cross_entropy(tensor_of(given[name], name), labels)
