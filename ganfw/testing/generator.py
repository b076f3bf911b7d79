"""What a generator must do: make samples of the data's shape and range."""

from __future__ import annotations

import torch

from .failure import Broken
from .networks import NETWORK_CHECKS, samples_have_the_right_shape, trials
from .subject import Subject

_FACTOR = 4.0
"""Weights are multiplied by it to stand for trained ones, which are larger than new ones."""


def samples_lie_in_the_value_range(subject: Subject) -> None:
    """Whatever the weights: the data's range is ``shapes.value_range``."""
    for trial in trials(subject, 8):
        if trial.shapes.value_range is None:
            continue
        with torch.no_grad():
            for weight in trial.network.parameters():
                weight.mul_(_FACTOR)
            samples = trial.output()
        low, high = trial.shapes.value_range
        least, greatest = float(samples.min()), float(samples.max())
        if least < low - 1e-3 or greatest > high + 1e-3:
            expected = f"samples in {low:g}..{high:g}, for {trial.what}: use shapes.bound()"
            got = f"{least:.3g}..{greatest:.3g} with weights {_FACTOR:g} times as large"
            raise Broken(expected, got, trial.at)


CHECKS = (samples_have_the_right_shape, samples_lie_in_the_value_range, *NETWORK_CHECKS)
