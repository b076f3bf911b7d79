"""Pictures of pictures that need no files: creatures of their outlines, and creatures by night."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from ganfw import Dataset, Item

from .creatures import STYLE, draw
from .options import PairsOptions

_LINE = 120
"""The brightest channel of a pixel that belongs to a line is darker than this."""

_FINE = 64
"""The sides of a picture that has its lines: smaller ones are blurred."""

_DARK, _BRIGHT = np.array([8, 10, 30]), np.array([70, 84, 150])
"""What black and white are by night."""


class SpriteOutlines(Dataset):
    """Creatures (3, S, S) uint8, each labelled by its line drawing (1, S, S), black on white."""

    options: PairsOptions
    value_range = (-1.0, 1.0)

    def __init__(self, options: PairsOptions) -> None:
        super().__init__(options)
        self.sample_shape = (3, options.size, options.size)
        self.label_shape = (1, options.size, options.size)

    def __len__(self) -> int:
        return self.options.species * self.options.individuals

    def __getitem__(self, index: int) -> Item:
        species, individual = _creature(index, self.options)
        seed, size = self.options.seed, self.options.size
        fine = math.ceil(_FINE / size)
        lines = line_drawing(draw(seed, species, individual, size * fine), fine)
        return draw(seed, species, individual, size), lines

    def fingerprint(self) -> str:
        return _fingerprint("outlines", self.options)


class SpriteNights(Dataset):
    """Creatures by night (3, S, S) uint8, each labelled by another one by day, of the same shape:
    the two are no pair. What is right can be told all the same: `by_night` of the label."""

    options: PairsOptions
    value_range = (-1.0, 1.0)

    def __init__(self, options: PairsOptions) -> None:
        super().__init__(options)
        self.sample_shape = self.label_shape = (3, options.size, options.size)

    def __len__(self) -> int:
        return self.options.species * self.options.individuals

    def __getitem__(self, index: int) -> Item:
        seed, size = self.options.seed, self.options.size
        species, individual = _creature(index, self.options)
        day = draw(seed, species, individual, size)
        other = self.options.species - 1 - species
        night = by_night(draw(seed, other, self.options.individuals + individual, size))
        return night, day

    def fingerprint(self) -> str:
        return _fingerprint("nights", self.options)


def _creature(index: int, options: PairsOptions) -> tuple[int, int]:
    """Species and individual: another species for each picture, also where every 60th is shown."""
    individual, species = divmod(index, options.species)
    return (species + individual) % options.species, individual


def line_drawing(picture: NDArray[np.uint8], fine: int = 1) -> NDArray[np.uint8]:
    """(C, H, W) to (1, H / fine, W / fine): the dark lines around the parts, black on white."""
    lines = np.where(picture.max(axis=0) < _LINE, 0, 255)
    height, width = lines.shape
    smaller = lines.reshape(1, height // fine, fine, width // fine, fine).mean(axis=(2, 4))
    drawing: NDArray[np.uint8] = (smaller + 0.5).astype(np.uint8)
    return drawing


def by_night(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(3, H, W), darker and bluer."""
    shares = picture / 255
    mixed = _DARK[:, None, None] + shares * (_BRIGHT - _DARK)[:, None, None]
    night: NDArray[np.uint8] = (mixed + 0.5).astype(np.uint8)
    return night


def _fingerprint(kind: str, options: PairsOptions) -> str:
    text = f"sprite {kind} {STYLE} {options.model_dump_json()}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
