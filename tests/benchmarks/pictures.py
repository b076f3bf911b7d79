"""Pictures for benchmarks, written once: our own sprites as PNG files in class folders, and JPEG
files as large as a camera's."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from ganfw.storage.cache import cache_folder
from ganfw_plugins.sprites.creatures import draw

SPECIES = 80
WHOLE = 4819
"""As many as the book's archive has."""


def sprite_folder(count: int) -> Path:
    """A folder of ``count`` pictures of 96×96, with a folder for each species."""
    root = cache_folder("benchmarks", f"sprites-{count}")
    done = root.with_suffix(".done")
    if not done.exists():
        numbers = itertools.islice(enumerate(itertools.count()), count)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda pair: _write(root, pair[0]), numbers))
        done.touch()
    return root


def photo_folder(count: int) -> Path:
    """A folder of ``count`` JPEG files of 4000×3000 pixels and some 2 MB: smooth, with a grain."""
    root = cache_folder("benchmarks", f"photos-{count}") / "all"
    root.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(0)
    for number in range(count):
        path = root / f"{number}.jpg"
        if not path.exists():
            coarse = Image.fromarray(chance.integers(0, 256, (60, 80, 3), np.uint8))
            smooth = np.asarray(coarse.resize((4000, 3000), Image.Resampling.BICUBIC), np.int16)
            grain = chance.integers(-3, 4, (3000, 4000, 1), np.int16)
            Image.fromarray((smooth + grain).clip(0, 255).astype(np.uint8)).save(path, quality=90)
    return root.parent


def _write(root: Path, index: int) -> None:
    individual, species = divmod(index, SPECIES)
    folder = root / f"kind-{species:03d}"
    folder.mkdir(parents=True, exist_ok=True)
    pixels = draw(0, species, individual, 96).transpose(1, 2, 0)
    Image.fromarray(pixels).save(folder / f"{individual}.png")
