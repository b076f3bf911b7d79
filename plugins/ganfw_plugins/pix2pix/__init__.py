"""pix2pix (Isola et al. 2017, "Image-to-image translation with conditional adversarial networks"):
a picture is made of a picture."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Both networks, the loss beside the game, pairs to try it on, and a recipe."""
    return [
        Component(
            "dataset",
            "outlines",
            target="ganfw_plugins.pix2pix.dataset:Outlines",
            options="ganfw_plugins.pix2pix.options:OutlinesOptions",
            summary="Filled boxes, each labelled by its outline; drawn on first use",
            tags=("pairs", "embedded"),
        ),
        Component(
            "generator",
            "pix2pix",
            target="ganfw_plugins.pix2pix.model:UNet",
            options="ganfw_plugins.pix2pix.options:GeneratorOptions",
            summary="A U-Net that makes a picture of the label's picture",
            tags=("pairs",),
        ),
        Component(
            "discriminator",
            "pix2pix",
            target="ganfw_plugins.pix2pix.model:PatchGAN",
            options="ganfw_plugins.pix2pix.options:DiscriminatorOptions",
            summary="Scores of patches of a picture beside its label's",
            tags=("pairs",),
        ),
        Component(
            "loss",
            "pixel-l1",
            target="ganfw_plugins.pix2pix.loss:PixelL1",
            options="ganfw_plugins.pix2pix.options:PixelL1Options",
            summary="Distance to the real sample of the same label (pix2pix)",
            tags=("pairs",),
        ),
        Component(
            "recipe",
            "pix2pix",
            target="ganfw_plugins.pix2pix:pix2pix.toml",
            summary="Pairs of pictures: what is given, and what is to be made of it",
            tags=("pairs", "default-for-pairs"),
        ),
    ]
