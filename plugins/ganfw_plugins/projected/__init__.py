"""A discriminator that looks through a frozen network trained on ImageNet, and a recipe with it."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The discriminator goes with any generator of pictures."""
    return [
        Component(
            "discriminator",
            "projected",
            target="ganfw_plugins.projected.discriminator:ProjectedDiscriminator",
            options="ganfw_plugins.projected.options:ProjectedOptions",
            summary="Heads on frozen ImageNet features; needs ganfw[lite]",
            suggests={"disc.optimizer.lr": 0.0002, "disc.optimizer.betas": (0.0, 0.99)},
            tags=("pictures", "small data", "conditional"),
        ),
        Component(
            "recipe",
            "projected-fewshot",
            target="ganfw_plugins.projected:projected-fewshot.toml",
            summary="Projected GAN for a few hundred pictures; needs ganfw[lite]",
            tags=("pictures", "small data"),
        ),
    ]
