"""A finished run's generator, ready to sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from . import export
from .errors import PluginError, RunError, UsageError
from .interfaces import Dataset
from .randomness import Latents, derive_seed
from .registry import Registry
from .sampling import generate

if TYPE_CHECKING:
    from PIL import Image

_BATCH = 256
_PREFERRED = ("generator_ema", "generator")


class Sampler:
    """Draws from the generator exported to ``folder``. On the CPU, in evaluation mode.

    Raises RunError, CheckpointError or PluginError for what can't be loaded.
    """

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder = folder
        self.card = export.read_card(folder)
        self.shapes = export.shapes_of(self.card)
        self.network = export.load_network(folder, registry).eval()
        self._registry = registry

    def sample(self, n: int = 64, seed: int = 0) -> Tensor:
        """``n`` samples (n, *shapes.sample): a function of ``seed``, whatever was drawn before."""
        return torch.cat(list(self.batches(n, seed)))

    def batches(self, n: int, seed: int = 0) -> Iterator[Tensor]:
        """The same samples in batches, so that memory does not grow with ``n``."""
        if n < 1:
            raise UsageError(f"can't draw {n} samples: give 1 or more")
        cpu = torch.device("cpu")
        latents = Latents(self.shapes.latent_dim, seed, cpu)
        labels = torch.Generator().manual_seed(derive_seed(seed, 2))
        for start in range(0, n, _BATCH):
            count = min(_BATCH, n - start)
            yield generate(self.network, latents(count), self._labels(count, labels))

    def preview(self, samples: Tensor) -> Image.Image:
        """A picture of ``samples`` (B, ...), as the dataset shows them."""
        return self._dataset().preview(samples)

    def _labels(self, count: int, generator: torch.Generator) -> Tensor | None:
        if not self.shapes.classes:
            return None
        return torch.randint(self.shapes.classes, (count,), generator=generator)

    def _dataset(self) -> Dataset:
        """The dataset it was trained on, for showing only: nothing is downloaded or read."""
        data = self.card["data"]
        try:
            registered = self._registry.find("dataset", data["use"])
        except UsageError as error:
            raise PluginError(f"samples can't be shown: {error}") from None
        options = registered.load_options().model_construct(**data["options"])
        dataset: Dataset = registered.load()(options)
        return dataset


def find_generator(path: Path) -> Path:
    """The generator in a run folder, the EMA one if there is one, or ``path`` itself if it is an
    exported network. Raises RunError."""
    if export.is_network(path):
        return path
    for name in _PREFERRED:
        if export.is_network(path / name):
            return path / name
    raise RunError(
        f"{path} has no generator yet: it is no run folder, or its run saved no checkpoint"
    )
