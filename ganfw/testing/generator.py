"""What a generator must do: make samples of the data's shape and range."""

from __future__ import annotations

import torch

from ..interfaces.networks import draw_latents, draws_own_latents
from .failure import Broken, expecting
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


def latents_depend_on_the_stream_alone(subject: Subject) -> None:
    """Those that it draws itself: the same of one seed, others of another, whatever torch's global
    stream holds."""
    for shapes, network in subject.networks(0):
        if not draws_own_latents(network):
            continue
        at = type(network).draw_latents
        with expecting("8 latents", at):
            first, again, other = (
                draw_latents(network, shapes, 8, torch.Generator().manual_seed(seed))
                for seed in (0, 0, 1)
            )
        if not torch.equal(first, again) or torch.equal(first, other):
            raise Broken("latents that depend on `random` alone", "others", at)


CHECKS = (
    samples_have_the_right_shape,
    samples_lie_in_the_value_range,
    latents_depend_on_the_stream_alone,
    *NETWORK_CHECKS,
)
