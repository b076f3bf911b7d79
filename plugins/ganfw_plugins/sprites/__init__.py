"""Sprites of invented creatures, drawn by our own code: pictures without a download."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The datasets. They need no files and no network."""
    return [
        Component(
            "dataset",
            "sprites",
            target="ganfw_plugins.sprites.dataset:Sprites",
            options="ganfw_plugins.sprites.options:SpritesOptions",
            summary="Invented creatures, 64×64 RGB, drawn on first use",
            suggests={"train.batch_size": 256, "train.epochs": 20},
            tags=("pictures", "embedded"),
        ),
        Component(
            "dataset",
            "sprite-outlines",
            target="ganfw_plugins.sprites.pairs:SpriteOutlines",
            options="ganfw_plugins.sprites.options:PairsOptions",
            summary="Creatures in colour, each labelled by its line drawing",
            tags=("pairs", "embedded"),
        ),
        Component(
            "dataset",
            "sprite-nights",
            target="ganfw_plugins.sprites.pairs:SpriteNights",
            options="ganfw_plugins.sprites.options:PairsOptions",
            summary="Creatures by night, each labelled by another one by day: no pairs",
            tags=("unpaired-pictures", "embedded"),
        ),
    ]
