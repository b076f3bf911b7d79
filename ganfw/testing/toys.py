"""Small, plain partners for a component under test: both players, a loss, a dataset, samples."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ..interfaces.dataset import Batch, Dataset, Item
from ..interfaces.loss import Loss, Terms
from ..interfaces.networks import Discriminator, Generator
from ..interfaces.options import Options
from ..interfaces.player import Player
from ..interfaces.shapes import Shapes
from ..interfaces.turn import Critic
from ..training.game import Game
from ..training.objective import WeightedLoss


class ToyGenerator(Generator):
    """Two linear layers, onto any shape and range."""

    def __init__(self, options: Options, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.layers = _layers(shapes.latent_dim, math.prod(shapes.sample))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.shapes.bound(self.layers(latents).view(-1, *self.shapes.sample))


class ToyDiscriminator(Discriminator):
    """Two linear layers with a smooth activation, so that every derivative exists."""

    def __init__(self, options: Options, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.layers = _layers(math.prod(shapes.sample), 1)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        scores: Tensor = self.layers(samples.flatten(1))
        return scores.squeeze(1)


class ToyLoss(Loss):
    """Squared distance to the labels 1 and 0 (Mao et al. 2017, eq. 9)."""

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"real": (critic(real) - 1).square().mean(), "fake": critic(fake).square().mean()}

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": (critic(fake) - 1).square().mean()}


class ToyDataset(Dataset):
    """``count`` samples of any shape, the same ones each time. ``items`` (N, ...) are uint8."""

    def __init__(self, shapes: Shapes, count: int = 12) -> None:
        super().__init__(Options())
        self.sample_shape = shapes.sample
        self.value_range = shapes.value_range or (-1.0, 1.0)
        self.classes = shapes.classes
        self.label_shape, self.label_values = shapes.label, shapes.label_values
        self.items = np.random.default_rng(0).integers(0, 256, (count, *shapes.sample), np.uint8)
        self.labels = toy_labels(shapes, count)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Item:
        if self.labels is None:
            return self.items[index], None
        label = self.labels[index]
        return self.items[index], label.numpy() if self.label_shape else int(label)

    def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
        return Image.new("RGB", (8 * len(samples), 8))

    def fingerprint(self) -> str:
        return hashlib.sha256(self.items.tobytes()).hexdigest()


class ToySamples:
    """``samples`` (N, ...) and their ``labels`` (N, ...), as a metric is given generated ones: see
    `ganfw.Generate`."""

    def __init__(self, samples: Tensor, labels: Tensor | None = None) -> None:
        self._samples, self._labels = samples, labels
        self._given = 0

    def __call__(self, count: int, /) -> Tensor:
        self._given += count
        return self._samples[self._given - count : self._given]

    @property
    def labels(self) -> Tensor | None:
        return None if self._labels is None else self._labels[: self._given]


def _layers(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, 8), nn.Tanh(), nn.Linear(8, outputs))


def random_samples(shapes: Shapes, count: int) -> Tensor:
    """Random samples (B, *shapes.sample) within the value range."""
    samples = torch.randn(count, *shapes.sample)
    if shapes.value_range is None:
        return samples
    low, high = shapes.value_range
    return samples.sigmoid() * (high - low) + low


def toy_labels(shapes: Shapes, count: int) -> Tensor | None:
    """Labels (B, *shapes.label): all classes, or all values, in turn; arrays in 0..1; or None if
    there are none."""
    if shapes.classes:
        return torch.arange(count) % shapes.classes
    if shapes.label_values:
        numbers = torch.arange(count * math.prod(shapes.label)) % shapes.label_values
        return numbers.view(count, *shapes.label)
    if not shapes.has_labels:
        return None
    size = math.prod(shapes.label)
    return torch.linspace(0, 1, count * size).view(count, *shapes.label)


def toy_game(shapes: Shapes, device: torch.device) -> Game:
    """Both toys on ``device`` with Adam and the toy loss."""
    generator = ToyGenerator(Options(), shapes).to(device)
    discriminator = ToyDiscriminator(Options(), shapes).to(device)
    return Game(
        gen=Player(generator, torch.optim.Adam(generator.parameters(), 1e-3)),
        disc=Player(discriminator, torch.optim.Adam(discriminator.parameters(), 1e-3)),
        losses=[WeightedLoss("toy", ToyLoss(Options()))],
    )


def toy_step(device: torch.device) -> Callable[[], float]:
    """A function that plays one whole step on ``device`` and returns the discriminator's loss."""
    shapes = Shapes((3, 16, 16), (-1.0, 1.0), 0, 4)
    game = toy_game(shapes, device)
    batch = Batch(torch.zeros(8, *shapes.sample, device=device), None)

    def step() -> float:
        losses = game.step([batch], lambda n: torch.randn(n, 4, device=device))
        return float(losses.loss_D)

    return step
