"""DCGAN (Radford et al. 2016), as in Dive into Deep Learning ch. 20.2."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Both networks, and the chapter as a recipe."""
    return [
        Component(
            "generator",
            "dcgan",
            target="ganfw_plugins.dcgan.model:DCGANGenerator",
            options="ganfw_plugins.dcgan.options:GeneratorOptions",
            summary="Transposed convolutions with batch norm (D2L 20.2)",
            suggests={
                "train.latent_dim": 100,
                "train.batch_size": 256,
                "train.epochs": 20,
                "train.reduction": "sum",
                "gen.optimizer.lr": 0.005,
                "gen.optimizer.betas": (0.5, 0.999),
            },
            tags=("pictures", "d2l"),
        ),
        Component(
            "discriminator",
            "dcgan",
            target="ganfw_plugins.dcgan.model:DCGANDiscriminator",
            options="ganfw_plugins.dcgan.options:DiscriminatorOptions",
            summary="Strided convolutions with batch norm (D2L 20.2)",
            suggests={"disc.optimizer.lr": 0.005, "disc.optimizer.betas": (0.5, 0.999)},
            tags=("pictures", "d2l"),
        ),
        Component(
            "recipe",
            "d2l-dcgan",
            target="ganfw_plugins.dcgan:d2l-dcgan.toml",
            summary="The DCGAN of D2L 20.2 on Pokémon sprites",
            tags=("d2l",),
        ),
    ]
