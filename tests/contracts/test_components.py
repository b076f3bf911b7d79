"""Every component of ours keeps the contract that anyone's must, asked through the same door."""

from __future__ import annotations

import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganfw.registry.discovery import discover
from ganfw.testing import ContractCase, contract_cases
from ganfw_plugins.sprites.creatures import draw

REGISTRY = discover()
INCEPTION = ("metric/fid", "metric/kid", "metric/inception-score", "metric/precision-recall")
TRACKERS = ("callback/wandb", "callback/mlflow")
"""Their libraries are heavy, and need not be here: they have tests of their own."""

NEED_DATA = (
    "dataset/archive",
    "dataset/arrays",
    "dataset/folder",
    "dataset/paired",
    "dataset/pokemon",
    "dataset/shards",
    "dataset/stacked-mnist",
    "dataset/fashion-mnist",
    "dataset/huggingface",
    "dataset/table",
    "dataset/torchvision",
    "metric/stacked-modes",
    *INCEPTION,
)
"""They need data or weights: the tests below, or their own, give them small ones."""

FEW = {
    f"metric/{name}": {"samples": 100}
    for name in ("random-kid", "random-frechet", "random-prdc", "mode-coverage", "swd", "c2st")
}
"""By default these generate thousands of samples, whose features take seconds."""


def _cases() -> list[ContractCase]:
    cases = contract_cases("ganfw")
    cases = [case for case in cases if case.component not in (*NEED_DATA, *TRACKERS, *FEW)]
    return [*cases, *(case for name, few in FEW.items() for case in contract_cases(name, few))]


def test_no_plugin_is_broken() -> None:
    assert REGISTRY.broken == []


@pytest.mark.parametrize("case", _cases(), ids=str)
def test_it_keeps_its_contract(case: ContractCase) -> None:
    case.run()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pictures")
    for species in range(3):
        (root / f"kind-{species}").mkdir()
        for individual in range(4):
            pixels = draw(0, species, individual).transpose(1, 2, 0)
            Image.fromarray(pixels).save(root / f"kind-{species}" / f"{individual}.png")
    return root


def test_a_folder_of_pictures_keeps_its_contract(pictures: Path) -> None:
    for case in contract_cases("dataset/folder", {"root": pictures}):
        case.run()


@pytest.mark.parametrize("options", [{"input": "kind-0", "target": "kind-1"}, {"split": True}])
def test_pairs_of_pictures_keep_their_contract(pictures: Path, options: dict[str, object]) -> None:
    for case in contract_cases("dataset/paired", {"root": pictures, **options}):
        case.run()


def test_the_books_archive_keeps_its_contract(pictures: Path, tmp_path: Path) -> None:
    path = tmp_path / "book.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for picture in sorted(pictures.rglob("*.png")):
            archive.write(picture, f"pokemon/{picture.relative_to(pictures)}")
    for case in contract_cases("dataset/pokemon", {"archive": path}):
        case.run()


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_archives_of_pictures_keep_their_contract(
    pictures: Path, tmp_path: Path, name: str
) -> None:
    base, _, end = name.partition(".")
    kind = {"zip": "zip", "tar": "tar", "tar.gz": "gztar"}[end]
    path = shutil.make_archive(str(tmp_path / base), kind, pictures)
    for case in contract_cases("dataset/archive", {"root": path}):
        case.run()


def test_arrays_and_tables_keep_their_contract(tmp_path: Path) -> None:
    pictures = np.stack([draw(0, i % 3, i, 16) for i in range(12)])
    np.savez(tmp_path / "a.npz", pictures=pictures, labels=np.arange(12) % 3)
    np.save(tmp_path / "a.npy", pictures / 255)
    for name in ("a.npz", "a.npy"):
        for case in contract_cases("dataset/arrays", {"path": tmp_path / name}):
            case.run()
    (tmp_path / "a.csv").write_text("x,y,label\n" + "1,2,cat\n3,4,dog\n" * 6)
    for case in contract_cases("dataset/table", {"path": tmp_path / "a.csv"}):
        case.run()


def test_torchvisions_datasets_keep_their_contract(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix in ("train", "t10k"):
        pixels = np.arange(4 * 28 * 28, dtype=np.uint8).tobytes()
        head = struct.pack(">IIII", 0x803, 4, 28, 28)
        (raw / f"{prefix}-images-idx3-ubyte").write_bytes(head + pixels)
        labels = struct.pack(">II", 0x801, 4) + bytes(range(4))
        (raw / f"{prefix}-labels-idx1-ubyte").write_bytes(labels)
    options = {"name": "MNIST", "root": tmp_path, "split": "test"}
    for case in contract_cases("dataset/torchvision", options):
        case.run()


@pytest.mark.usefixtures("few_digits")
def test_stacked_digits_and_their_modes_keep_their_contract() -> None:
    options: dict[str, dict[str, object]] = {
        "dataset/stacked-mnist": {"count": 1001, "size": 16},
        "metric/stacked-modes": {"samples": 100},
    }
    for name, few in options.items():
        for case in contract_cases(name, few):
            case.run()


@pytest.mark.parametrize("name", INCEPTION)
def test_scores_of_a_trained_network_keep_their_contract(
    name: str, small_network: dict[str, object]
) -> None:
    for case in contract_cases(name, small_network):
        case.run()


def test_classes_are_documented() -> None:
    classes = [found.load() for found in REGISTRY.components() if found.component.kind != "recipe"]
    assert [cls.__name__ for cls in classes if not cls.__doc__] == []
