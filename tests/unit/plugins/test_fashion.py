"""Fashion-MNIST from small files of its own format, and what is said without them."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import Result
from numpy.typing import NDArray
from torch import Tensor

from ganfw import DataError, DataUnavailable, Metric
from ganfw.testing.toys import ToySamples
from ganfw_plugins.torchvision.fashion import CATEGORIES, FashionMnist
from ganfw_plugins.torchvision.options import FashionMnistOptions

Ganfw = Callable[..., Result]
ScoreSeries = Callable[[Tensor], Mapping[str, Any]]
COUNT = 240


LABELS = np.arange(COUNT, dtype=np.uint8) % 10
MANY_LABELS = torch.from_numpy(LABELS).long().repeat(3)


def _clothes(seed: int) -> NDArray[np.uint8]:
    """Label i is a bright square at a place of its own."""
    pictures = np.random.default_rng(seed).integers(0, 60, (COUNT, 28, 28)).astype(np.uint8)
    for picture, label in zip(pictures, LABELS, strict=True):
        row, column = divmod(int(label), 4)
        picture[row * 8 : row * 8 + 8, column * 6 : column * 6 + 6] = 220
    return pictures


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """IDX files as they are distributed."""
    raw = tmp_path / "local" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    pictures, labels = _clothes(0), LABELS
    for prefix in ("train", "t10k"):
        head = struct.pack(">IIII", 0x803, COUNT, 28, 28)
        (raw / f"{prefix}-images-idx3-ubyte").write_bytes(head + pictures.tobytes())
        head = struct.pack(">II", 0x801, COUNT)
        (raw / f"{prefix}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())
    return tmp_path / "local"


def test_pictures_and_labels(root: Path) -> None:
    dataset = FashionMnist(FashionMnistOptions(root=root))
    dataset.prepare()
    assert len(dataset) == COUNT
    picture, label = dataset[13]
    assert (picture.shape, picture.dtype, label) == ((1, 32, 32), np.uint8, 3)
    assert picture[:, :2].max() == picture[:, :, -2:].max() == 0
    assert picture[0, 2:10, 20:26].min() == 220
    assert (dataset.class_names[0], dataset.class_names[9]) == ("T-shirt", "ankle boot")
    assert len(dataset.class_names) == dataset.classes == 10


def test_files_that_are_not_there(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="does not hold the files of FashionMNIST"):
        FashionMnist(FashionMnistOptions(root=tmp_path / "none")).prepare()

    def refuse(*words: object, **more: object) -> None:
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz:\nno route to host")

    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "empty"))
    monkeypatch.setattr("torchvision.datasets.FashionMNIST.download", refuse)
    with pytest.raises(DataUnavailable, match=r"no route to host\); .* -s data\.root=FOLDER"):
        FashionMnist(FashionMnistOptions()).prepare()
    (root / "FashionMNIST/raw/train-images-idx3-ubyte").write_bytes(b"short")
    with pytest.raises(DataError, match="are damaged"):
        FashionMnist(FashionMnistOptions(root=root)).prepare()


def test_which_categories_work(ganfw: Ganfw, root: Path) -> None:
    """The book's exercise, from the command line: scores by category."""
    result = ganfw("run", "--gen", "dcgan", "--disc", "dcgan", "--data", "fashion-mnist",
                   "-s", f"data.root={root}", "--steps", "3", "-s", "train.batch_size=32",
                   "-s", "gen.channels=8", "-s", "disc.channels=8", "--no-callback",
                   "loss-curve")  # fmt: skip
    assert result.exit_code == 0, result.output
    words = ("--metric", "mode-coverage", "-s", "metric.mode-coverage.samples=200", "--json")
    result = ganfw("evaluate", "runs/0001-dcgan-fashion-mnist", *words)
    assert result.exit_code == 0, result.output
    (record,) = json.loads(result.stdout)
    assert list(record["result"]["made_by_mode"]) == list(CATEGORIES)
    assert len(record["result"]["worst_modes"]) == 3
    assert record["result"]["modes_known"] == 10
    assert record["result"]["right_on_unseen_real"] > 0.9
    table = ganfw("evaluate", "runs/0001-dcgan-fashion-mnist", *words[:-1]).stdout
    for name in CATEGORIES:
        assert f"made_by_mode/{name} " in table
        assert f"quality_by_mode/{name} " in table


def _samples(pictures: NDArray[np.uint8]) -> Tensor:
    framed = np.pad(pictures, ((0, 0), (2, 2), (2, 2)))
    return torch.from_numpy(framed).float()[:, None] / 127.5 - 1


def _many(seed: int) -> Tensor:
    """Three times as many, labelled by ``MANY_LABELS``."""
    return torch.cat([_samples(_clothes(seed + i)) for i in range(3)])


def _of(category: str) -> Tensor:
    """Which of the many are of ``category``."""
    return MANY_LABELS.eq(CATEGORIES.index(category))


@pytest.fixture
def judged(root: Path, metric: Callable[..., Metric]) -> ScoreSeries:
    """``judged(fake)``: the scores of generated clothes, beside real ones."""
    dataset = FashionMnist(FashionMnistOptions(root=root))
    dataset.prepare()
    coverage = metric("mode-coverage", samples=3 * COUNT)
    coverage.prepare(dataset, MANY_LABELS)
    return lambda fake: coverage(_many(0), ToySamples(fake))


def _upside_down(pictures: Tensor) -> Tensor:
    return pictures.flip(2)


def _faint(pictures: Tensor) -> Tensor:
    return (pictures + 1) * 0.4 - 1


@pytest.mark.parametrize("spoil", [_upside_down, _faint])
@pytest.mark.parametrize("category", ["trouser", "bag"])
def test_a_spoilt_category_comes_out_worst(
    judged: ScoreSeries, category: str, spoil: Callable[[Tensor], Tensor]
) -> None:
    """By name: all others are made as often and as well as in the data."""
    fake = _many(3)
    chosen = _of(category)
    fake[chosen] = spoil(fake[chosen])
    scores = judged(fake)
    made, quality = scores["made_by_mode"], scores["quality_by_mode"]
    assert scores["worst_modes"][0] == category
    assert min(made[category], 1) * quality[category] < 0.8
    assert all(made[name] > 0.9 for name in CATEGORIES if name != category)
    # Another may take in the spoilt ones, and is the worse for it.
    assert sorted(quality[name] for name in CATEGORIES if name != category)[1] > 0.95


def test_bad_samples_still_tell_categories_apart(judged: ScoreSeries) -> None:
    """Where all are too far off to count, the one that is never made is still named, and those
    that are farther off score less."""
    fake = _many(3)
    noise = torch.randn(fake.shape, generator=torch.Generator().manual_seed(0))
    fake[_of("coat")] = fake[_of("T-shirt")]
    fake += torch.where(_of("sneaker"), 0.5, 0.3)[:, None, None, None] * noise
    scores = judged(fake)
    assert scores["mode_coverage"] == scores["in_modes"] == 0
    quality = scores["quality_by_mode"]
    assert scores["worst_modes"][:2] == ["coat", "sneaker"]
    assert scores["made_by_mode"]["coat"] == quality["coat"] == 0
    rest = {name: value for name, value in quality.items() if name != "coat"}
    assert all(0 < value < 0.9 for value in rest.values())
    assert min(rest, key=rest.__getitem__) == "sneaker"
