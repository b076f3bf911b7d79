"""The samples that metrics compare: generated ones, drawn once, and real ones, read once."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..data.loader import Samples
from ..errors import PluginError
from ..interfaces.metric import Generate
from ..interfaces.networks import generate
from ..interfaces.shapes import Shapes
from ..runtime.random_state import derive_seed, isolated_random_state
from ..sampling.latents import Latents

_STREAM, _BATCH = 5, 256
_CPU = torch.device("cpu")


class SamplePool:
    """An endless row of a generator's samples: a function of the seed alone, even if the generator
    draws random numbers itself. What anyone has read is kept, so that all metrics compare the same
    samples.

    Labels are drawn from those of the data: classes as often as among ``labels`` (N,), evenly where
    these are not known; arrays from the rows of ``labels`` (N, ...), with replacement.
    """

    def __init__(
        self, network: nn.Module, shapes: Shapes, seed: int, labels: Tensor | None = None
    ) -> None:
        self._network, self._shapes, self._seed = network, shapes, seed
        self._device = next((weight.device for weight in network.parameters()), _CPU)
        # On the CPU, so that a score is the same wherever the network lives.
        self._latents = Latents(network, shapes, derive_seed(seed, _STREAM), _CPU)
        self._random = torch.Generator().manual_seed(derive_seed(seed, _STREAM, 1))
        self._rows = labels if shapes.label else None
        """Arrays to ask for, where labels are arrays."""
        self._shares = _shares(labels, shapes.classes)
        self._kept = torch.empty(0, *shapes.sample)
        self._asked = torch.empty(0, dtype=torch.int64)
        """For each sample kept, its class, or the row of ``labels`` that it was made for."""
        self._finite: float = math.inf
        """Samples before the first batch with one that is not finite."""

    def reader(self) -> Generate:
        """All samples once more, from the first one on. They are shared with all other readers."""
        return _Reader(self)

    def samples(self, count: int) -> Tensor:
        """The first ``count`` samples (count, ...) on the CPU. Raises PluginError where they are
        not finite."""
        self._draw_up_to(count)
        if count > self._finite:
            raise PluginError("the generator's samples are not finite")
        return self._kept[:count]

    def labels(self, count: int) -> Tensor | None:
        """What the first ``count`` samples were made for, of those that are drawn already."""
        return self._labels_of(self._asked[:count])

    def _draw_up_to(self, stop: int) -> None:
        """Draw the missing batches into one tensor, so that nothing is held twice."""
        done, needed = len(self._kept) // _BATCH, math.ceil(stop / _BATCH)
        if needed <= done:
            return
        grown = torch.empty(needed * _BATCH, *self._shapes.sample)
        grown[: len(self._kept)] = self._kept
        for index in range(done, needed):
            batch = self._batch(index)
            grown[index * _BATCH : (index + 1) * _BATCH] = batch
            # Kept all the same, so that the next reader is told too.
            if not batch.isfinite().all():
                self._finite = min(self._finite, index * _BATCH)
        self._kept = grown

    def _batch(self, index: int) -> Tensor:
        latents = self._latents(_BATCH).to(self._device)
        asked = self._ask()
        self._asked = torch.cat([self._asked, asked])
        labels = self._labels_of(asked)
        labels = None if labels is None else labels.to(self._device)
        with isolated_random_state(derive_seed(self._seed, _STREAM, 2, index)):
            return generate(self._network, latents, labels)

    def _ask(self) -> Tensor:
        """The classes of a batch, or rows of the labels; nothing if there are none."""
        if self._shapes.classes:
            return torch.multinomial(self._shares, _BATCH, True, generator=self._random)
        if self._rows is None:
            return self._asked
        return torch.randint(len(self._rows), (_BATCH,), generator=self._random)

    def _labels_of(self, asked: Tensor) -> Tensor | None:
        if self._shapes.classes:
            return asked
        return None if self._rows is None else self._rows[asked]


class _Reader:
    """One metric's way through a pool: see `ganfw.Generate`."""

    def __init__(self, pool: SamplePool) -> None:
        self._pool, self._read = pool, 0

    def __call__(self, count: int, /) -> Tensor:
        self._read += count
        return self._pool.samples(self._read)[self._read - count :]

    @property
    def labels(self) -> Tensor | None:
        return self._pool.labels(self._read)


def _shares(labels: Tensor | None, classes: int) -> Tensor:
    """How often to ask for each class (K,) that the network knows."""
    if labels is None or not classes:
        return torch.ones(classes)
    counts = torch.bincount(labels, minlength=classes)[:classes]
    return counts.double() if counts.any() else torch.ones(classes)


def read_real(samples: Samples, most: int, labelled: int = 0) -> tuple[Tensor, Tensor | None]:
    """Up to ``most`` real samples (N, ...) float32 in a fixed random order, and their labels
    (M, ...), with those of the samples that come next, up to ``labelled`` in all."""
    # An epoch leaves a last batch of a single sample out: no size that would make one.
    size = _BATCH if len(samples) % _BATCH != 1 else _BATCH - 1
    source = samples.loader(min(size, len(samples)), 0, _CPU)
    wanted = max(most, labelled)
    found, labels, count = torch.empty(0), [], 0
    for batch in source.epoch(1):
        if not count:
            found = torch.empty(min(most, len(samples)), *batch.samples.shape[1:])
        taken = max(min(len(batch), len(found) - count), 0)
        found[count : count + taken] = batch.samples[:taken]
        count += len(batch)
        if batch.labels is not None:
            labels.append(batch.labels)
        if count >= wanted:
            break
    return found[:count], torch.cat(labels)[:wanted] if labels else None
