from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from ganfw.errors import RunError, UsageError
from ganfw.interfaces.shapes import Shapes
from ganfw.sampling.array_files import write_arrays

NAMES = ("a.npz", "a.safetensors")
TINY = Shapes(sample=(1, 3, 3), value_range=(-1.0, 1.0), classes=2, latent_dim=2)


def _read(path: Path) -> dict[str, np.ndarray]:
    if path.suffix == ".npz":
        with np.load(path) as file:
            return dict(file)
    return {name: tensor.numpy() for name, tensor in load_file(path).items()}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    """Also where samples of an odd number of bytes lie beside labels of eight."""
    samples = torch.linspace(-1, 1, 5 * 9).view(5, 1, 3, 3)
    labels = torch.tensor([1, 0, 1, 1, 0])
    batches = ((samples[part], labels[part]) for part in (slice(0, 3), slice(3, 5)))
    write_arrays(tmp_path / name, batches, TINY)
    arrays = _read(tmp_path / name)
    assert arrays["samples"].dtype == np.uint8
    assert np.array_equal(arrays["samples"], ((samples + 1) * 127.5).round().byte().numpy())
    assert arrays["labels"].dtype == np.int64
    assert arrays["labels"].tolist() == labels.tolist()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sample", [(5,), (1, 3, 4)])
def test_samples_that_lie_transposed_in_memory_are_not_scrambled(
    tmp_path: Path, name: str, sample: tuple[int, ...]
) -> None:
    """As a generator may return them; the batches need not lie alike."""
    shapes = Shapes(sample=sample, value_range=None, classes=0, latent_dim=2)
    rows = torch.arange(4.0 * torch.Size(sample).numel()).view(4, *sample)
    fortran = rows.permute(*reversed(range(rows.ndim))).contiguous()
    transposed = fortran.permute(*reversed(range(rows.ndim)))
    write_arrays(tmp_path / name, iter([(transposed, None), (rows + 100, None)]), shapes)
    assert np.array_equal(_read(tmp_path / name)["samples"], torch.cat([rows, rows + 100]).numpy())


@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_is_refused_before_a_sample_is_drawn(tmp_path: Path, name: str) -> None:
    def batches() -> Iterator[tuple[Tensor, None]]:
        pytest.fail("it draws")
        yield torch.zeros(1, 1, 3, 3), None

    os.mkfifo(tmp_path / name)
    with pytest.raises(UsageError, match=r"^-o .*: it is no file that can be replaced$"):
        write_arrays(tmp_path / name, batches(), TINY)


@pytest.mark.parametrize("name", NAMES)
def test_points_keep_their_numbers_and_have_no_labels(tmp_path: Path, name: str) -> None:
    shapes = Shapes(sample=(2,), value_range=(-3.0, 3.0), classes=0, latent_dim=2)
    points = torch.randn(4, 2)
    write_arrays(tmp_path / name, iter([(points, None)]), shapes)
    arrays = _read(tmp_path / name)
    assert arrays.keys() == {"samples"}
    assert np.array_equal(arrays["samples"], points.numpy())


@pytest.mark.parametrize("name", NAMES)
def test_memory_does_not_grow_with_the_samples(tmp_path: Path, name: str) -> None:
    """However many batches there are, no more than the first and two others are alive at once."""
    alive: weakref.WeakSet[Tensor] = weakref.WeakSet()

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        for _ in range(50):
            samples = torch.zeros(8, 2)
            alive.add(samples)
            assert len(alive) <= 3
            yield samples, torch.zeros(8, dtype=torch.long)

    shapes = Shapes(sample=(2,), value_range=None, classes=2, latent_dim=2)
    write_arrays(tmp_path / name, batches(), shapes)
    assert _read(tmp_path / name)["samples"].shape == (400, 2)


@pytest.mark.parametrize("name", NAMES)
def test_an_interrupted_write_leaves_nothing(tmp_path: Path, name: str) -> None:
    def batches() -> Iterator[tuple[Tensor, None]]:
        yield torch.zeros(2, 1, 3, 3), None
        assert [path.name.startswith(f".tmp-{name}-") for path in tmp_path.iterdir()] == [True]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_arrays(tmp_path / name, batches(), TINY)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_refuses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunError, match=r"a\.npz can't be written: No space left"):
        write_arrays(tmp_path / "a.npz", iter([(torch.zeros(1, 1, 3, 3), None)]), TINY)
    assert not list(tmp_path.iterdir())
