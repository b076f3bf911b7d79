"""The Pokémon sprites of Dive into Deep Learning ch. 20.2."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The dataset, downloaded on first use."""
    return [
        Component(
            "dataset",
            "pokemon",
            target="ganfw_plugins.pokemon.dataset:Pokemon",
            options="ganfw_plugins.pokemon.options:PokemonOptions",
            summary="Pokémon sprites (D2L 20.2), 64×64 RGB, downloaded",
            suggests={"train.batch_size": 256, "train.epochs": 20},
            tags=("pictures", "d2l"),
        )
    ]
