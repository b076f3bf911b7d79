"""FastGAN (Liu et al. 2021), "Towards faster and stabilized GAN training for high-fidelity few-shot
image synthesis"."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Both networks, their losses, and a recipe for few pictures."""
    return [
        Component(
            "generator",
            "fastgan",
            target="ganfw_plugins.fastgan.generator:FastGANGenerator",
            options="ganfw_plugins.fastgan.options:GeneratorOptions",
            summary="Skip-layer excitation, for few and large pictures (FastGAN)",
            suggests={
                "train.latent_dim": 256,
                "gen.optimizer.lr": 0.0002,
                "gen.optimizer.betas": (0.5, 0.999),
            },
            tags=("pictures", "small data"),
        ),
        Component(
            "discriminator",
            "fastgan",
            target="ganfw_plugins.fastgan.discriminator:FastGANDiscriminator",
            options="ganfw_plugins.fastgan.options:DiscriminatorOptions",
            summary="Scores patches and rebuilds what it saw (FastGAN)",
            suggests={"disc.optimizer.lr": 0.0002, "disc.optimizer.betas": (0.5, 0.999)},
            tags=("pictures", "small data"),
        ),
        Component(
            "loss",
            "reconstruction",
            target="ganfw_plugins.fastgan.loss:Reconstruction",
            options="ganfw_plugins.fastgan.options:ReconstructionOptions",
            summary="Real pictures rebuilt by the discriminator's decoders (FastGAN)",
            tags=("penalty",),
        ),
        Component(
            "loss",
            "random-hinge",
            target="ganfw_plugins.fastgan.loss:RandomHinge",
            options="ganfw_plugins.fastgan.options:RandomHingeOptions",
            summary="Margins of 0.8 to 1, drawn for each score (FastGAN)",
            tags=("adversarial",),
        ),
        Component(
            "recipe",
            "fastgan",
            target="ganfw_plugins.fastgan:fastgan.toml",
            summary="FastGAN for a hundred to a few thousand pictures, on a GPU",
            tags=("pictures", "small data"),
        ),
    ]
