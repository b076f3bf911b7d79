"""A picture made of a picture: pix2pix (Isola et al. 2017, "Image-to-image translation with
conditional adversarial networks") from pairs, CycleGAN (Zhu et al. 2017, "Unpaired image-to-image
translation using cycle-consistent adversarial networks") from two kinds of pictures."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl

_HERE = "ganfw_plugins.translation"


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Two generators that translate, a critic of patches, both papers' losses, and recipes."""
    return [
        Component(
            "generator",
            "unet",
            target=f"{_HERE}.unet:UNet",
            options=f"{_HERE}.options:UNetOptions",
            summary="The label's picture, halved and doubled again beside its own maps (pix2pix)",
            tags=("pairs", "unpaired-pictures"),
        ),
        Component(
            "generator",
            "translator",
            target=f"{_HERE}.translator:Translator",
            options=f"{_HERE}.options:TranslatorOptions",
            summary="The label's picture through residual blocks (CycleGAN)",
            tags=("pairs", "unpaired-pictures"),
        ),
        Component(
            "discriminator",
            "patch",
            target=f"{_HERE}.patch:Patch",
            options=f"{_HERE}.options:PatchOptions",
            summary="A score for each patch, with the label's picture beside it if it has one",
            tags=("pairs", "unpaired-pictures", "pictures"),
            presets={"patchgan": {}, "pixelgan": {"depth": 0}, "n-layers": {}},
        ),
        Component(
            "loss",
            "pixel-l1",
            target=f"{_HERE}.pixel_l1:PixelL1",
            options=f"{_HERE}.options:PixelL1Options",
            summary="Distance to the real sample of the same label (pix2pix)",
            tags=("pairs",),
        ),
        Component(
            "loss",
            "cyclegan",
            target=f"{_HERE}.cyclegan:CycleGAN",
            options=f"{_HERE}.options:CycleGANOptions",
            summary="Least squares in both directions, there and back again, identity (CycleGAN)",
            tags=("unpaired-pictures",),
            presets={"cycle": {}, "cycle-consistency": {}},
        ),
        Component(
            "recipe",
            "pix2pix",
            target=f"{_HERE}:pix2pix.toml",
            summary="Pairs of pictures: what is given, and what is to be made of it",
            tags=("pairs", "default-for-pairs"),
        ),
        Component(
            "recipe",
            "cyclegan",
            target=f"{_HERE}:cyclegan.toml",
            summary="Two kinds of pictures without pairs, each made of the other",
            tags=("unpaired-pictures", "default-for-unpaired-pictures"),
        ),
    ]
