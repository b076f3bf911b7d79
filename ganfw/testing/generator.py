"""What a generator owes: samples of the data's shape and range, from latents and labels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..shapes import Shapes
from .failure import Broken
from .networks import NetworkChecks, check_output
from .subject import Subject, describe

_TRAINED = 4.0
"""Weights are scaled so to stand for trained ones, which are larger than fresh ones."""


def _latents(shapes: Shapes, count: int) -> Tensor:
    return torch.randn(count, shapes.latent_dim)


def _generate(network: nn.Module, latents: Tensor, labels: Tensor | None) -> Tensor:
    samples: Tensor = network(latents, labels)
    return samples


NETWORK = NetworkChecks(_latents, _generate)


def samples_have_the_shape_of_the_data(subject: Subject) -> None:
    """For a batch in training, and for a single sample in evaluation."""
    for count in (1, 3):
        for network, shapes, latents, labels in NETWORK.each(subject, count):
            network.train(count > 1)
            samples = NETWORK.forward(network, latents, labels, f"a batch of {count}")
            check_output(network, samples, (count, *shapes.sample), "samples", shapes)


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
    NETWORK.gradients_reach_weights_and_input,
    NETWORK.same_seed_same_result,
    NETWORK.weights_survive_safetensors,
    NETWORK.works_in_other_precisions,
    NETWORK.moves_whole_to_another_device,
    NETWORK.leaves_its_input_alone,
)
