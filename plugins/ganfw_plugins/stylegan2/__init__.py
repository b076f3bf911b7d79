"""StyleGAN2 (Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN"), its path
length regularisation, and a recipe as in StyleGAN2-ADA (Karras et al. 2020, "Training generative
adversarial networks with limited data")."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Both networks, the generator's penalty, and a recipe for one GPU."""
    return [
        Component(
            "generator",
            "stylegan2",
            target="ganfw_plugins.stylegan2.generator:StyleGAN2Generator",
            options="ganfw_plugins.stylegan2.options:GeneratorOptions",
            summary="Styles from a mapping network modulate convolutions (StyleGAN2)",
            suggests={
                "gen.optimizer.lr": 0.002,
                "gen.optimizer.betas": (0.0, 0.99),
                "train.latent_dim": 512,
            },
            tags=("pictures", "conditional"),
        ),
        Component(
            "discriminator",
            "stylegan2",
            target="ganfw_plugins.stylegan2.discriminator:StyleGAN2Discriminator",
            options="ganfw_plugins.stylegan2.options:DiscriminatorOptions",
            summary="Residual blocks, minibatch deviation, class projection (StyleGAN2)",
            suggests={"disc.optimizer.lr": 0.002, "disc.optimizer.betas": (0.0, 0.99)},
            tags=("pictures", "conditional"),
        ),
        Component(
            "loss",
            "path-length",
            target="ganfw_plugins.stylegan2.path_length:PathLength",
            options="ganfw_plugins.stylegan2.options:PathLengthOptions",
            summary="Even steps in W make even steps in samples (StyleGAN2)",
            tags=("penalty",),
        ),
        Component(
            "recipe",
            "stylegan2-ada-small",
            target="ganfw_plugins.stylegan2:stylegan2-ada-small.toml",
            summary="Pictures of up to 128 px on one GPU, in hours (StyleGAN2-ADA)",
            tags=("pictures", "small data"),
        ),
    ]
