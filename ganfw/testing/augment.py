"""What an augment owes: samples of the same shape, and a gradient that passes through."""

from __future__ import annotations

from torch import Tensor, nn

from ..shapes import Shapes
from .discriminator import draw_samples
from .networks import NetworkChecks, check_output
from .subject import Subject


def _augment(network: nn.Module, samples: Tensor, labels: Tensor | None) -> Tensor:
    augmented: Tensor = network(samples)
    return augmented


def _samples(shapes: Shapes, count: int) -> Tensor:
    return draw_samples(shapes, count)


NETWORK = NetworkChecks(_samples, _augment)


def samples_keep_their_shape(subject: Subject) -> None:
    """For a batch and for a single sample."""
    for count in (1, 3):
        for network, shapes, samples, labels in NETWORK.each(subject, count):
            augmented = NETWORK.forward(network, samples, labels, f"a batch of {count}")
            check_output(network, augmented, (count, *shapes.sample), "samples", shapes)


CHECKS = (
    samples_keep_their_shape,
    NETWORK.gradients_reach_weights_and_input,
    NETWORK.same_seed_same_result,
    NETWORK.weights_survive_safetensors,
    NETWORK.works_in_other_precisions,
    NETWORK.moves_whole_to_another_device,
    NETWORK.leaves_its_input_alone,
)
