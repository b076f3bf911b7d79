"""What a discriminator must do: give raw scores of each sample, differentiable twice."""

from __future__ import annotations

import torch
from torch import Tensor

from .failure import Broken, expecting
from .network_trial import Trial, check_outputs, trials
from .networks import PLAYER_CHECKS
from .subject import Subject

_DRAWS = 8


def scores_of_each_sample(subject: Subject) -> None:
    """One, or several for patches: for a batch in training, and for one sample in evaluation."""
    check_outputs(subject, _score_shape)


def _score_shape(trial: Trial, shape: tuple[int, ...]) -> str:
    count = len(trial.inputs)
    patches = shape[1:]
    # Of (B, 1) and (B,) torch makes (B, B), and says nothing.
    if shape[:1] == (count,) and (not patches or any(side != 1 for side in patches)):
        return ""
    return f"({count},), or ({count}, …) with several for each"


def scores_are_raw(subject: Subject) -> None:
    """Losses take logits: after a sigmoid their values are wrong, and nothing says so."""
    for trial in trials(subject, 8):
        scores = torch.cat([_scores_of_random_weights(trial) for _ in range(_DRAWS)])
        if scores.min() >= 0 and scores.max() <= 1:
            got = f"{len(scores)} scores of random weights, all in 0..1: remove the sigmoid"
            raise Broken("raw scores, which take any value", got, trial.at)


def survives_double_backward(subject: Subject) -> None:
    """Gradient penalties differentiate the gradient at the input (Gulrajani et al. 2017)."""
    for trial in trials(subject, 3):
        trial.inputs.requires_grad_()
        scores = trial.output()
        with expecting("a gradient penalty that can be differentiated", trial.at):
            (gradient,) = torch.autograd.grad(scores.sum(), trial.inputs, create_graph=True)
            gradient.square().sum().backward()  # type: ignore[no-untyped-call]
        grads = [weight.grad for weight in trial.network.parameters() if weight.grad is not None]
        if not grads or not all(grad.isfinite().all() for grad in grads):
            raise Broken("finite gradients of a penalty", "none, nan or infinity", trial.at)


@torch.no_grad()
def _scores_of_random_weights(trial: Trial) -> Tensor:
    for weight in trial.network.parameters():
        weight.normal_()
    return trial.output().flatten()


CHECKS = (scores_of_each_sample, scores_are_raw, survives_double_backward, *PLAYER_CHECKS)
