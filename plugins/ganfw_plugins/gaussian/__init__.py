"""The first GAN of Dive into Deep Learning (ch. 20.1), one linear layer that learns a Gaussian; and
networks of more layers, for any points."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The dataset, the networks, and the chapter as a recipe."""
    return [
        Component(
            "dataset",
            "gaussian",
            target="ganfw_plugins.gaussian.dataset:Gaussian",
            options="ganfw_plugins.gaussian.options:GaussianOptions",
            summary="Points of one Gaussian N(b, AᵀA) (D2L 20.1)",
            suggests={"train.batch_size": 8, "train.epochs": 20},
            tags=("points", "d2l"),
        ),
        Component(
            "generator",
            "mlp",
            target="ganfw_plugins.gaussian.model:MLPGenerator",
            options="ganfw_plugins.gaussian.options:MLPGeneratorOptions",
            summary="Fully connected layers with ReLU, for points",
            suggests={"train.latent_dim": 16, "gen.optimizer.lr": 1e-3},
            tags=("points",),
        ),
        Component(
            "generator",
            "linear",
            target="ganfw_plugins.gaussian.model:Linear",
            options="ganfw_plugins.gaussian.options:LinearOptions",
            summary="One linear layer",
            suggests={
                "train.latent_dim": 2,
                "train.reduction": "sum",
                "gen.optimizer.lr": 0.005,
                "gen.optimizer.betas": (0.9, 0.999),
            },
            tags=("points", "d2l"),
        ),
        Component(
            "discriminator",
            "mlp",
            target="ganfw_plugins.gaussian.model:MLP",
            options="ganfw_plugins.gaussian.options:MLPOptions",
            summary="Fully connected layers with tanh",
            suggests={"disc.optimizer.lr": 0.05, "disc.optimizer.betas": (0.9, 0.999)},
            tags=("points", "d2l"),
        ),
        Component(
            "recipe",
            "d2l-gaussian",
            target="ganfw_plugins.gaussian:d2l-gaussian.toml",
            summary="The Gaussian GAN of D2L 20.1, seconds on a CPU",
            tags=("d2l",),
        ),
        Component(
            "recipe",
            "points",
            target="ganfw_plugins.gaussian:points.toml",
            summary="Points of any distribution, seconds on a CPU",
            tags=("points", "default-for-points"),
        ),
    ]
