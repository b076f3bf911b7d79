"""R3GAN (Huang et al. 2024), "The GAN is dead; long live the GAN! A modern baseline GAN"."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl

_OPTIONS = "ganfw_plugins.r3gan.options"


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Both networks, and the paper's setting for CIFAR-10."""
    return [
        Component(
            "generator",
            "r3gan",
            target="ganfw_plugins.r3gan.generator:R3GANGenerator",
            options=f"{_OPTIONS}:GeneratorOptions",
            summary="Grouped residual blocks without norm, in five sizes (R3GAN)",
            suggests={
                "train.latent_dim": 64,
                "gen.optimizer.lr": 0.0002,
                "gen.optimizer.betas": (0.0, 0.99),
            },
            tags=("pictures", "conditional"),
        ),
        Component(
            "discriminator",
            "r3gan",
            target="ganfw_plugins.r3gan.discriminator:R3GANDiscriminator",
            options=f"{_OPTIONS}:DiscriminatorOptions",
            summary="Its generator reversed; for rpgan with r1 and r2 (R3GAN)",
            suggests={"disc.optimizer.lr": 0.0002, "disc.optimizer.betas": (0.0, 0.99)},
            tags=("pictures", "conditional"),
        ),
        Component(
            "recipe",
            "r3gan-cifar10",
            target="ganfw_plugins.r3gan:r3gan-cifar10.toml",
            summary="R3GAN on CIFAR-10, class-conditional, for GPUs",
            tags=("pictures", "conditional"),
        ),
    ]
