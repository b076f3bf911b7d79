"""Augments: differentiable maps in front of the critic, against overfitting to small data."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Two ways to show the critic less of what it could learn by heart."""
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
        summary="Transforms as strong as the critic overfits (StyleGAN2-ADA)",
        tags=("pictures", "small data"),
    )
