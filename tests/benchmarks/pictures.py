"""Pictures for benchmarks: our own sprites, written as PNG files in class folders, once."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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


def _write(root: Path, index: int) -> None:
    individual, species = divmod(index, SPECIES)
    folder = root / f"kind-{species:03d}"
    folder.mkdir(parents=True, exist_ok=True)
    pixels = draw(0, species, individual, 96).transpose(1, 2, 0)
    Image.fromarray(pixels).save(folder / f"{individual}.png")
