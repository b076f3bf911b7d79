"""What a discriminator owes: one raw score per sample, differentiable twice."""

from __future__ import annotations

import torch
from torch import Tensor

from ..interfaces.shapes import Shapes
from .failure import Broken, expecting
from .networks import NetworkChecks, with_labels
from .subject import Subject, describe

_DRAWS = 8


def draw_samples(shapes: Shapes, count: int) -> Tensor:
    """Random samples (B, *shapes.sample) within the range."""
    samples = torch.randn(count, *shapes.sample)
    if shapes.value_range is None:
        return samples
    low, high = shapes.value_range
    return samples.sigmoid() * (high - low) + low


NETWORK = NetworkChecks(draw_samples, with_labels)


def one_score_per_sample(subject: Subject) -> None:
    """For a batch in training, and for a single sample in evaluation."""
    NETWORK.check_outputs(subject, "scores", lambda shapes: ())


def scores_are_raw(subject: Subject) -> None:
    """Losses take logits: a sigmoid at the end makes them wrong without a word."""
    for shapes in subject.fitting():
        scores = []
        for seed in range(_DRAWS):
            torch.manual_seed(seed)
            network = subject.build(shapes)
            with torch.no_grad():
                for weight in network.parameters():
                    weight.normal_()
                samples, labels = draw_samples(shapes, 8), NETWORK.labels(shapes, 8)
                scores.append(NETWORK.forward(network, samples, labels, describe(shapes)))
        found = torch.cat(scores)
        if found.min() >= 0 and found.max() <= 1:
            raise Broken(
                "raw scores, which take any value",
                f"{len(found)} scores of random weights, all in 0..1: remove the sigmoid",
                type(network).forward,
            )


def survives_double_backward(subject: Subject) -> None:
    """Gradient penalties differentiate the gradient at the input (Gulrajani et al. 2017)."""
    for network, shapes, samples, labels in NETWORK.each(subject, 3):
        samples.requires_grad_()
        scores = NETWORK.forward(network, samples, labels, describe(shapes))
        with expecting("a gradient penalty that can be learned from", type(network).forward):
            (gradient,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
            gradient.square().sum().backward()  # type: ignore[no-untyped-call]
        found = [each.grad for each in network.parameters() if each.grad is not None]
        if not found or not all(each.isfinite().all() for each in found):
            raise Broken("finite gradients of a gradient penalty", "none, nan or infinity",
                         type(network).forward)  # fmt: skip


CHECKS = (
    one_score_per_sample,
    scores_are_raw,
    survives_double_backward,
    *NETWORK.checks,
)
