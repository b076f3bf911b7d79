"""torchvision's datasets by name, from small files in the formats that it reads."""

from __future__ import annotations

import hashlib
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from ganfw import DataError, DataUnavailable, UsageError
from ganfw_plugins.torchvision.dataset import TorchvisionDataset
from ganfw_plugins.torchvision.options import TorchvisionOptions

Ganfw = Callable[..., Result]
DRAWS = np.random.default_rng(0)


def _prepared(**options: object) -> TorchvisionDataset:
    dataset = TorchvisionDataset(TorchvisionOptions.model_validate(options))
    dataset.prepare()
    return dataset


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """IDX files, as MNIST is distributed; those for testing are fewer."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix, count in (("train", 20), ("t10k", 10)):
        pictures = DRAWS.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        head = struct.pack(">IIII", 0x803, count, 28, 28)
        (raw / f"{prefix}-images-idx3-ubyte").write_bytes(head + pictures.tobytes())
        labels = (np.arange(count) % 10).astype(np.uint8)
        (raw / f"{prefix}-labels-idx1-ubyte").write_bytes(
            struct.pack(">II", 0x801, count) + labels.tobytes()
        )
    return tmp_path


@pytest.fixture
def cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The batches that CIFAR-10 is distributed as, published with other checksums."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    lists: dict[str, list[list[str]]] = {"train_list": [], "test_list": []}
    for name in ("data_batch_1", "test_batch"):
        data = DRAWS.integers(0, 256, (6, 3072), dtype=np.uint8)
        content = pickle.dumps({"data": data, "labels": [0, 1, 2, 3, 4, 9]})
        (folder / name).write_bytes(content)
        entry = [name, hashlib.md5(content).hexdigest()]
        lists["test_list" if "test" in name else "train_list"].append(entry)
    names = pickle.dumps({"label_names": [f"kind {i}" for i in range(10)]})
    (folder / "batches.meta").write_bytes(names)
    meta = {"filename": "batches.meta", "key": "label_names", "md5": hashlib.md5(names).hexdigest()}
    for name, value in (*lists.items(), ("meta", meta)):
        monkeypatch.setattr(f"torchvision.datasets.CIFAR10.{name}", value)
    return tmp_path


def test_mnist(mnist: Path) -> None:
    dataset = _prepared(name="MNIST", root=mnist)
    assert (len(dataset), dataset.sample_shape, dataset.classes) == (20, (1, 32, 32), 10)
    assert dataset.class_names[3] == "3 - three"
    assert dataset[13][1] == 3
    native = _prepared(name="MNIST", root=mnist, size=28, split="test")
    assert len(native) == 10
    assert (native[4][0][0] == native.opened.data[4].numpy()).all()
    assert native.fingerprint() != dataset.fingerprint()
    assert dataset.fingerprint() == _prepared(name="MNIST", root=mnist).fingerprint()
    colour = _prepared(name="MNIST", root=mnist, channels=3, size="48x64")
    assert colour[0][0].shape == (3, 48, 64)


def test_cifar_is_read_if_it_is_what_was_published(cifar: Path) -> None:
    dataset = _prepared(name="CIFAR10", root=cifar)
    assert (len(dataset), dataset.sample_shape) == (6, (3, 32, 32))
    assert (dataset.class_names[9], dataset[5][1]) == ("kind 9", 9)
    assert (dataset[2][0] == dataset.opened.data[2].transpose(2, 0, 1)).all()
    batch = cifar / "cifar-10-batches-py" / "data_batch_1"
    batch.write_bytes(pickle.dumps({"data": np.zeros((6, 3072), np.uint8), "labels": [0] * 6}))
    with pytest.raises(DataError, match="does not hold the files of CIFAR10 as they were publ"):
        _prepared(name="CIFAR10", root=cifar, download=False)


def test_folders_of_pictures_of_other_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, kind in enumerate(("Forest", "River")):
        (tmp_path / "eurosat" / "2750" / kind).mkdir(parents=True)
        picture = Image.new("RGB", (100, 80), (200 * number, 30, 30))
        picture.save(tmp_path / "eurosat" / "2750" / kind / "1.png")
    dataset = _prepared(name="EuroSAT", root=tmp_path)
    assert (dataset.class_names, dataset.sample_shape) == (("Forest", "River"), (3, 64, 64))
    assert [dataset[i][0][0].max() for i in range(2)] == [0, 200]
    bar = mock.MagicMock()
    monkeypatch.setattr("ganfw_plugins.torchvision.dataset.progress_bar", bar)
    assert dataset.fingerprint() == dataset.fingerprint()
    bar.assert_called_once_with("reading the data", 2)
    bar().__enter__().assert_called_once_with(2)
    with pytest.raises(UsageError, match=r"data.split = test: .* has train alone"):
        _prepared(name="EuroSAT", root=tmp_path, split="test")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cifar10", "no dataset 'cifar10' of pictures; did you mean CIFAR10"),
        ("Nothing", "no dataset 'Nothing' of pictures; there are .*CIFAR10, CIFAR100"),
        # torchvision would unpickle a file unchecked, or needs more than a folder and a split.
        ("LSUN", "no dataset 'LSUN'"),
        ("CocoDetection", "no dataset 'CocoDetection'"),
        ("ImageFolder", "no dataset 'ImageFolder'"),
        ("FakeData", "no dataset 'FakeData'"),
    ],
)
def test_datasets_that_are_not_offered(name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _prepared(name=name)


def test_what_is_said_without_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: object, **more: object) -> None:
        raise OSError("no route to host\nand more")

    monkeypatch.setattr("torchvision.datasets.MNIST.download", refuse)
    said = r"MNIST can't be downloaded \(no route to host and more\); .* -s data\.root=FOLDER"
    with pytest.raises(DataUnavailable, match=said):
        _prepared(name="MNIST", root=tmp_path)
    with pytest.raises(DataError, match="does not hold the files of MNIST"):
        _prepared(name="MNIST", root=tmp_path, download=False)
    with pytest.raises(UsageError, match="'training'"):
        _prepared(name="DTD", root=tmp_path, split="training")


def test_a_run_by_name(ganfw: Ganfw, mnist: Path) -> None:
    quiet = ("--no-callback", "samples", "--no-callback", "loss-curve")
    result = ganfw("run", "--gen", "dcgan", "--disc", "dcgan", "--data", "torchvision",
                   "-s", "data.name=MNIST", "-s", f"data.root={mnist}", "--steps", 1,
                   "--batch-size", 4, "-s", "gen.channels=8", "-s", "disc.channels=8",
                   *quiet)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert Path("runs/0001-dcgan-mnist").is_dir()


def test_well_known_names_lead_to_it(ganfw: Ganfw) -> None:
    result = ganfw("run", "--gen", "dcgan", "--disc", "dcgan", "--data", "cifar-10")
    assert result.exit_code == 2
    assert "write --data torchvision -s data.name=CIFAR10" in result.stderr
