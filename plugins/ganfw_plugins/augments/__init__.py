"""Augments: differentiable transforms of what the critic sees, against overfitting."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Transforms of a fixed strength, and of one that adapts; fakes shown as real; noise."""
    yield Component(
        "augment",
        "diffaugment",
        target="ganfw_plugins.augments.diffaugment:DiffAugment",
        options="ganfw_plugins.augments.options:DiffAugmentOptions",
        summary="Flips, shifts, colours and cutouts, for real and fake alike",
        tags=("pictures", "small data"),
    )
    yield Component(
        "augment",
        "ada",
        target="ganfw_plugins.augments.ada:AdaptiveAugment",
        options="ganfw_plugins.augments.options:AdaOptions",
        summary="Transforms, stronger while the critic overfits (StyleGAN2-ADA)",
        tags=("pictures", "small data"),
    )
    yield Component(
        "augment",
        "apa",
        target="ganfw_plugins.augments.apa:PseudoAugment",
        options="ganfw_plugins.augments.options:AdaptiveOptions",
        summary="Some fakes shown as real, more while the critic overfits",
        tags=("small data",),
        presets={"adaptive-pseudo-augmentation": {}, "pseudo-augmentation": {}},
    )
    yield Component(
        "augment",
        "instance-noise",
        target="ganfw_plugins.augments.instance_noise:InstanceNoise",
        options="ganfw_plugins.augments.options:InstanceNoiseOptions",
        summary="Normal noise on real and fake alike; std=0.1..0 lets it vanish",
        presets={"noise": {}},
    )
