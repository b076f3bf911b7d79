"""Residual networks: SNGAN and WGAN-GP."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl

_HERE = "ganfw_plugins.resnet"


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The networks."""
    return [
        Component(
            "generator",
            "resnet",
            target=f"{_HERE}.generator:ResnetGenerator",
            options=f"{_HERE}.options:GeneratorOptions",
            summary="Residual blocks, classes by batch norm (SNGAN, WGAN-GP)",
            suggests={
                "train.latent_dim": 128,
                "gen.optimizer.lr": 2e-4,
                "gen.optimizer.betas": (0.0, 0.9),
            },
            tags=("pictures", "conditional"),
            presets={"sngan": {}, "wgan-gp": {}},
        ),
        Component(
            "discriminator",
            "resnet",
            target=f"{_HERE}.discriminator:ResnetDiscriminator",
            options=f"{_HERE}.options:DiscriminatorOptions",
            summary="Residual blocks, spectral norm, classes by projection (SNGAN)",
            suggests={
                "train.disc_steps": 5,
                "disc.optimizer.lr": 2e-4,
                "disc.optimizer.betas": (0.0, 0.9),
            },
            tags=("pictures", "conditional"),
            presets={
                "sngan": {},
                "projection": {},
                "wgan-gp": {"spectral_norm": False, "pooling": "mean"},
            },
        ),
        Component(
            "recipe",
            "sngan-cifar10",
            target=f"{_HERE}:sngan-cifar10.toml",
            summary="SNGAN on CIFAR-10: residual networks, hinge loss, spectral norm",
            tags=("pictures",),
        ),
        Component(
            "recipe",
            "wgan-gp-cifar10",
            target=f"{_HERE}:wgan-gp-cifar10.toml",
            summary="WGAN-GP on CIFAR-10: residual networks, gradient penalty",
            tags=("pictures",),
        ),
    ]
