"""Sprites of made-up creatures, drawn by our own code: pictures where there are none."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The dataset, which needs no file and no network."""
    return [
        Component(
            "dataset",
            "sprites",
            target="ganfw_plugins.sprites.dataset:Sprites",
            options="ganfw_plugins.sprites.options:SpritesOptions",
            summary="Made-up creatures, 64×64 RGB, drawn on first use",
            suggests={"train.batch_size": 256, "train.epochs": 20},
            tags=("pictures", "embedded"),
        ),
    ]
