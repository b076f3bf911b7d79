"""The samples that metrics compare: generated ones, drawn once, and real ones, read once."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..data.loader import Samples
from ..errors import PluginError
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
        self._labels = labels
        self._shares = _shares(labels, shapes.classes)
        self._kept = torch.empty(0, *shapes.sample)
        self._finite: float = math.inf
        """Samples before the first batch with one that is not finite."""

    def reader(self) -> Callable[[int], Tensor]:
        """``generate(n)``: the next n samples (n, ...) on the CPU, from the first one on. They are
        shared with all other readers: don't change them. Raises PluginError where they are not
        finite."""
        read = 0

        def generate(count: int) -> Tensor:
            nonlocal read
            read += count
            self._draw_up_to(read)
            if read > self._finite:
                raise PluginError("the generator's samples are not finite")
            return self._kept[read - count : read]

        return generate

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
        labels = self._draw_labels()
        labels = None if labels is None else labels.to(self._device)
        with isolated_random_state(derive_seed(self._seed, _STREAM, 2, index)):
            return generate(self._network, latents, labels)

    def _draw_labels(self) -> Tensor | None:
        if self._shapes.classes:
            return torch.multinomial(self._shares, _BATCH, True, generator=self._random)
        if self._labels is None or not self._shapes.has_labels:
            return None
        return self._labels[torch.randint(len(self._labels), (_BATCH,), generator=self._random)]


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
