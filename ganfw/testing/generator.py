"""What a generator owes: samples of the data's shape and range, from latents and labels."""

from __future__ import annotations

import torch
from torch import Tensor

from ..interfaces.shapes import Shapes
from .failure import Broken
from .networks import NetworkChecks, with_labels
from .subject import Subject, describe

_TRAINED = 4.0
"""Weights are scaled so to stand for trained ones, which are larger than fresh ones."""


def _latents(shapes: Shapes, count: int) -> Tensor:
    return torch.randn(count, shapes.latent_dim)


NETWORK = NetworkChecks(_latents, with_labels)


def samples_have_the_shape_of_the_data(subject: Subject) -> None:
    """For a batch in training, and for a single sample in evaluation."""
    NETWORK.check_outputs(subject, "samples", lambda shapes: shapes.sample)


def samples_lie_in_the_value_range(subject: Subject) -> None:
    """Whatever the weights: the data's range is ``shapes.value_range``."""
    for network, shapes, latents, labels in NETWORK.each(subject, 8):
        if shapes.value_range is None:
            continue
        with torch.no_grad():
            for weight in network.parameters():
                weight.mul_(_TRAINED)
            samples = NETWORK.forward(network, latents, labels, describe(shapes))
        low, high = shapes.value_range
        least, greatest = float(samples.min()), float(samples.max())
        if least < low - 1e-3 or greatest > high + 1e-3:
            raise Broken(
                f"samples in {low:g}..{high:g}, for {describe(shapes)}; shapes.bound() keeps them",
                f"{least:.3g}..{greatest:.3g} once its weights are {_TRAINED:g} times as large",
                type(network).forward,
            )


CHECKS = (
    samples_have_the_shape_of_the_data,
    samples_lie_in_the_value_range,
    *NETWORK.checks,
)
