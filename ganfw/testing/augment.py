"""What an augment owes: samples of the same shape, and a gradient that passes through."""

from __future__ import annotations

from torch import Tensor, nn

from .discriminator import draw_samples
from .networks import NetworkChecks
from .subject import Subject


def _augment(network: nn.Module, samples: Tensor, labels: Tensor | None) -> Tensor:
    augmented: Tensor = network(samples)
    return augmented


NETWORK = NetworkChecks(draw_samples, _augment)


def samples_keep_their_shape(subject: Subject) -> None:
    """For a batch and for a single sample."""
    NETWORK.check_outputs(subject, "samples", lambda shapes: shapes.sample)


CHECKS = (
    samples_keep_their_shape,
    *NETWORK.checks,
)
