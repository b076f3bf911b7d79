"""Creatures as a dataset."""

from __future__ import annotations

import hashlib

from ganfw import Dataset, Item

from .creatures import STYLE, draw
from .options import SpritesOptions
from .plans import PLANS
from .species import species_names


class Sprites(Dataset):
    """Creatures on white, with the species as labels. Items are (3, H, W) uint8.

    Species alternate, so that the first few pictures show many of them.
    """

    value_range = (-1.0, 1.0)

    def __init__(self, options: SpritesOptions) -> None:
        super().__init__(options)
        self.sample_shape = (3, options.size, options.size)
        self.classes = options.species
        self.class_names = species_names(options.seed, options.species, tuple(PLANS))

    def __len__(self) -> int:
        return int(self.options.species * self.options.individuals)

    def __getitem__(self, index: int) -> Item:
        individual, species = divmod(index, self.options.species)
        return draw(self.options.seed, species, individual, self.options.size), species

    def fingerprint(self) -> str:
        # The pictures depend on these alone, so they need not be drawn.
        text = f"sprites {STYLE} {self.options.model_dump_json()}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
