"""Which samples metrics compare, and that scoring touches nothing else."""

from __future__ import annotations

import random
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganfw import Options, PluginError, Shapes
from ganfw.data.loader import Loader, Samples
from ganfw.data.memory_loader import MemoryLoader
from ganfw.evaluation.evaluator import Evaluator, SampleOrigin
from ganfw.evaluation.sample_pool import SamplePool, read_real
from ganfw.runtime.distributed import SINGLE_PROCESS, Processes
from ganfw.runtime.random_state import isolated_random_state
from ganfw.testing.toys import ToyDataset

SHAPES = Shapes((2,), None, 3, 4)


class Noisy(nn.Module):
    """Adds noise of the global stream to its latents."""

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        return latents[:, :2] + torch.randn(len(latents), 2) + labels[:, None]


class Spoilt(nn.Module):
    """Its third batch has a sample that is not finite."""

    batches = 0

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        self.batches += 1
        samples = latents[:, :2].clone()
        if self.batches == 3:
            samples[100, 1] = torch.nan
        return samples


class Labelled(nn.Module):
    """Its samples show their labels."""

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        return labels.view(len(labels), -1).expand(-1, 2).float()


class Unlabelled(nn.Module):
    """Half of its latents."""

    def forward(self, latents: Tensor, labels: None) -> Tensor:
        return latents[:, :2]


class Stored(Samples):
    """Numbered samples (N, 2) in memory, with labels: their numbers, or others."""

    def __init__(self, count: int, labels: Tensor | None = None) -> None:
        self._labels = torch.arange(count) if labels is None else labels
        self._rows = torch.arange(float(count))[:, None].expand(-1, 2)

    def __len__(self) -> int:
        return len(self._rows)

    def loader(
        self,
        batch_size: int,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
    ) -> Loader:
        return MemoryLoader(self._rows, self._labels, None, batch_size, seed, device, processes)


def test_generated_samples_depend_on_nothing_but_the_seed() -> None:
    """Nor on how many are read at a time, by whom, or on what was drawn in between."""
    pool = SamplePool(Noisy(), SHAPES, seed=7)
    first, second = pool.reader(), pool.reader()
    parts = [first(10), first(600)]
    torch.randn(5)
    parts.append(first(200))
    whole = SamplePool(Noisy(), SHAPES, seed=7).reader()(810)
    assert torch.equal(torch.cat(parts), whole)
    assert torch.equal(second(810), whole)
    assert not torch.equal(SamplePool(Noisy(), SHAPES, seed=8).reader()(810), whole)
    assert len({tuple(row) for row in whole.tolist()}) == 810


@pytest.mark.parametrize("label", [(), (2,)])
def test_labels_are_those_that_samples_were_made_for(label: tuple[int, ...]) -> None:
    """Classes and arrays, of all that a reader was given so far, whatever others have read."""
    classes = 0 if label else 4
    rows = torch.arange(20.0).view(10, 2) if label else torch.arange(8) % 4
    shapes = Shapes((2,), None, classes, 4, label)
    pool = SamplePool(Labelled(), shapes, seed=0, labels=rows)
    ahead, reader = pool.reader(), pool.reader()
    ahead(600)
    samples = torch.cat([reader(10), reader(300)])
    labels = reader.labels
    assert labels is not None
    assert labels.shape == (310, *label)
    assert torch.equal(samples, Labelled()(samples, labels))
    assert len(labels.unique()) > 3
    without = SamplePool(Unlabelled(), Shapes((2,), None, 0, 4), seed=0).reader()
    assert without(300).shape == (300, 2)
    assert without.labels is None


def test_samples_are_held_once() -> None:
    pool = SamplePool(Noisy(), SHAPES, seed=0)
    few, many = pool.reader()(300), pool.reader()(1000)
    again = pool.reader()(300)
    assert again.untyped_storage().data_ptr() == many.untyped_storage().data_ptr()
    assert torch.equal(few, again)


def test_samples_that_are_not_finite_are_refused() -> None:
    """To each reader that comes so far, and none of the others; what follows is as it was."""
    pool, whole = SamplePool(Spoilt(), SHAPES, seed=0), SamplePool(Noisy(), SHAPES, seed=0)
    first, second = pool.reader(), pool.reader()
    for reader in (first, second, pool.reader()):
        assert reader(512).isfinite().all()
        with pytest.raises(PluginError, match="the generator's samples are not finite"):
            reader(1)
    latents = pool._latents.generator.get_state()
    whole.reader()(513)
    assert torch.equal(latents, whole._latents.generator.get_state())


def _evaluator(samples: Samples, keep: int) -> Evaluator:
    data: Any = SimpleNamespace(use="stored", options=Options())
    return Evaluator([], ToyDataset(SHAPES), data, samples, SHAPES, keep=keep)


def test_labels_are_drawn_as_the_data_has_them() -> None:
    """As a generator was trained, and whatever number of real samples is read."""
    labels = torch.tensor([0] * 1800 + [1] * 200)
    evaluators = [_evaluator(Stored(2000, labels), keep) for keep in (0, 3, 5000)]
    assert [len(evaluator.real) for evaluator in evaluators] == [0, 3, 2000]
    pools = [evaluator.pool(Labelled(), 0) for evaluator in evaluators]
    first, second, third = (pool.reader()(4000)[:, 0].long() for pool in pools)
    shares = first.bincount(minlength=3) / 4000
    assert shares.tolist() == pytest.approx([0.9, 0.1, 0], abs=0.02)
    assert torch.equal(first, second)
    assert torch.equal(first, third)


def test_labels_are_drawn_evenly_where_none_are_known() -> None:
    drawn = SamplePool(Labelled(), SHAPES, 0).reader()(4000)[:, 0].long()
    assert drawn.bincount(minlength=3) / 4000 == pytest.approx([1 / 3] * 3, abs=0.03)


def test_label_arrays_are_rows_of_the_data() -> None:
    """Drawn with replacement, a function of the seed."""
    shapes = Shapes((3,), None, 0, 4, (3,))
    labels = torch.arange(30.0).view(10, 3)
    data: Any = SimpleNamespace(use="stored", options=Options())
    evaluator = Evaluator([], ToyDataset(shapes), data, Stored(10, labels), shapes)
    network: Any = nn.Module()
    network.forward = lambda latents, labels: labels
    drawn, again, other = (evaluator.pool(network, seed).reader()(1000) for seed in (0, 0, 1))
    assert torch.equal(drawn, again)
    assert not torch.equal(drawn, other)
    rows, counts = drawn.unique(dim=0, return_counts=True)  # type: ignore[no-untyped-call]
    assert torch.equal(rows, labels)
    assert (counts > 60).all()


def test_novelty_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused as any score is."""
    monkeypatch.setattr("ganfw.evaluation.evaluator.nearest_picture", lambda *given: None)
    monkeypatch.setattr("ganfw.evaluation.evaluator.novelty", lambda *given: float("nan"))
    evaluator = _evaluator(Stored(50, torch.zeros(50).long()), keep=50)
    with pytest.raises(PluginError, match="novelty: novelty is not finite"):
        evaluator.novelty(evaluator.pool(Noisy(), 0), SampleOrigin(1, "generator", 0))


@pytest.mark.parametrize("count", [1, 2, 257, 700])
def test_real_samples_in_a_fixed_order(count: int) -> None:
    """Fewer are the first of more, so that a metric is given the same whatever others take."""
    every, labels = read_real(Stored(count), 10_000)
    assert sorted(every[:, 0].tolist()) == list(range(count))
    assert labels is not None
    assert torch.equal(labels, every[:, 0].long())
    some, some_labels = read_real(Stored(count), 300)
    assert torch.equal(some, every[:300])
    assert some_labels is not None
    assert torch.equal(some_labels, labels[:300])
    assert len(some.untyped_storage()) == 4 * some.numel()
    few, more_labels = read_real(Stored(count), 10, 300)
    assert torch.equal(few, every[:10])
    assert more_labels is not None
    assert torch.equal(more_labels, labels[:300])


def _drawn_everywhere() -> tuple[float, float, float]:
    return float(torch.randn(1)), float(np.random.randn()), random.random()


def test_own_randomness() -> None:
    with isolated_random_state(3):
        seeded = _drawn_everywhere()
    with isolated_random_state(0):
        before = _drawn_everywhere()
    with isolated_random_state(0):
        with isolated_random_state(3):
            assert _drawn_everywhere() == seeded
        with pytest.raises(ZeroDivisionError), isolated_random_state(3):
            _drawn_everywhere()[0] / 0
        assert _drawn_everywhere() == before


def test_own_randomness_on_every_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins for CUDA's streams: what is seeded there is put back."""
    streams = [torch.tensor([11]), torch.tensor([12])]
    changes: Mapping[str, Any] = {
        "is_initialized": lambda: True,
        "device_count": lambda: 2,
        "get_rng_state_all": lambda: [state.clone() for state in streams],
        "set_rng_state_all": lambda states: streams.__setitem__(slice(None), states),
        "manual_seed_all": lambda seed: [state.fill_(0) for state in streams],
    }
    for name, change in changes.items():
        monkeypatch.setattr(torch.cuda, name, change)
    with isolated_random_state(0):
        assert [int(state) for state in streams] == [0, 0]
    assert [int(state) for state in streams] == [11, 12]
