"""A small generator and discriminator for few pictures and little time, and a recipe for them."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Both networks, and a recipe that takes eleven minutes on two CPU cores."""
    return [
        Component(
            "generator",
            "compact",
            target="ganfw_plugins.compact.generator:CompactGenerator",
            options="ganfw_plugins.compact.options:GeneratorOptions",
            summary="Sums pictures of every size; for small data and CPUs",
            suggests={"gen.optimizer.lr": 0.001, "gen.optimizer.betas": (0.5, 0.99)},
            tags=("pictures", "small data", "conditional"),
            version=2,  # 1: no map of the picture's size, no labels
        ),
        Component(
            "discriminator",
            "compact",
            target="ganfw_plugins.compact.discriminator:CompactDiscriminator",
            options="ganfw_plugins.compact.options:DiscriminatorOptions",
            summary="Residual blocks without norm, minibatch standard deviation",
            suggests={"disc.optimizer.lr": 0.001, "disc.optimizer.betas": (0.5, 0.99)},
            tags=("pictures", "small data"),
        ),
        Component(
            "recipe",
            "pictures",
            target="ganfw_plugins.compact:pictures.toml",
            summary="Any folder of small pictures, eleven minutes on a CPU",
            tags=("pictures", "small data", "default-for-pictures"),
            presets={"sprites-modern": {}},
        ),
    ]
