"""Sprites of invented creatures, drawn by our own code: pictures without a download."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The dataset. It needs no files and no network."""
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
    ]
