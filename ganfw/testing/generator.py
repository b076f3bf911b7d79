"""What a generator must do: make samples of the data's shape and range."""

from __future__ import annotations

import torch

from ..interfaces.networks import Generator
from ..interfaces.outputs import SAMPLES, tensor_of
from .failure import Broken, expecting
from .network_trial import trials
from .networks import PLAYER_CHECKS, samples_have_the_right_shape
from .subject import Subject

_COUNT = 8
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
    """The same of one seed, others of another, on the device of ``random``, whatever torch's global
    stream holds."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for trial in trials(subject):
        at, drawn = type(trial.network).draw_latents, []
        for seed in (0, 0, 1):
            random = torch.Generator(device).manual_seed(seed)
            with expecting(f"{_COUNT} latents", at):
                drawn.append(trial.network.draw_latents(_COUNT, random))
        first, again, other = drawn
        if len(first) != _COUNT or first.device != random.device:
            got = f"{(*first.shape,)} on {first.device}"
            raise Broken(f"latents ({_COUNT}, …) on {random.device}", got, at)
        if not torch.equal(first, again) or torch.equal(first, other):
            raise Broken("latents that depend on `random` alone", "others", at)


def truncation_keeps_the_shape(subject: Subject) -> None:
    """Truncated samples have the shape of samples, and truncation 1 changes nothing."""
    for trial in trials(subject):
        at = type(trial.network).forward_truncated
        if at is Generator.forward_truncated:
            return
        trial.network.eval()
        samples = []
        with torch.no_grad(), expecting(f"truncated samples, for {trial.what}", at):
            for truncation in (0.5, 1.0):
                torch.manual_seed(1)
                output = trial.network.forward_truncated(trial.inputs, trial.labels, truncation)
                samples.append(tensor_of(output, SAMPLES))
            torch.manual_seed(1)
            whole = trial.output()
        if samples[0].shape != whole.shape:
            expected = f"truncated samples {(*whole.shape,)}, for {trial.what}"
            raise Broken(expected, f"{(*samples[0].shape,)}", at)
        if not torch.allclose(samples[1], whole, atol=1e-4):
            raise Broken("the samples of forward for truncation 1", "others", at)


CHECKS = (
    samples_have_the_right_shape,
    samples_lie_in_the_value_range,
    latents_depend_on_the_stream_alone,
    truncation_keeps_the_shape,
    *PLAYER_CHECKS,
)
