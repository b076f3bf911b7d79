"""Every component of ours keeps the contract that anyone's must, asked through the same door."""

from __future__ import annotations

import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganfw import Shapes
from ganfw.registry.discovery import discover
from ganfw.testing import ContractCase, contract_cases
from ganfw_plugins.sprites.creatures import draw

REGISTRY = discover()
INCEPTION = ("metric/fid", "metric/kid", "metric/inception-score", "metric/precision-recall")
LITE = ("metric/lite-kid", "metric/lite-frechet", "metric/lite-precision-recall")
PROJECTED = "discriminator/projected"
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
    "dataset/unpaired",
    "metric/stacked-modes",
    *INCEPTION,
    *LITE,
    PROJECTED,
)
"""They need data or weights: the tests below, or their own, give them small ones."""

FEW: dict[str, dict[str, object]] = (
    {
        f"metric/{name}": {"samples": 100}
        for name in ("random-kid", "random-frechet", "random-prdc", "mode-coverage", "swd", "c2st")
    }
    | {
        f"{kind}/{name}": {"channels": width}
        for kind in ("generator", "discriminator")
        for name, width in (
            *(("resnet", 4), ("sagan", 4), ("biggan", 4)),
            *(("fastgan", 8), ("r3gan", 8)),
        )
    }
    | {
        name: {"channels": 4}
        for name in (
            *("generator/unet", "generator/translator", "discriminator/patch"),
            "generator/infogan",
        )
    }
    | {
        "generator/stylegan2": {"channel_max": 8, "w_dim": 8, "mapping_layers": 2},
        "discriminator/stylegan2": {"channel_max": 8, "mapping_layers": 2},
    }
)
"""By default these generate thousands of samples, whose features take seconds, or are as wide as
their papers have them."""


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


def test_path_lengths_keep_their_contract() -> None:
    """With a generator that gives w."""
    narrow = {f"gen.{name}": value for name, value in FEW["generator/stylegan2"].items()}
    shapes = [Shapes((3, 8, 8), (-1.0, 1.0), 0, 5)]
    partners = {"gen": "stylegan2"}
    for case in contract_cases("loss/path-length", narrow, shapes, partners=partners):
        case.run()


def test_the_way_there_and_back_keeps_its_contract() -> None:
    """With a generator and a critic for each direction."""
    partners = {"gen": "translator", "disc": "patch", "back": "translator", "disc-a": "patch"}
    given = {f"{name}.channels": 4 for name in partners}
    given |= {f"{name}.conditional": False for name in ("disc", "disc-a")}
    shapes = [Shapes((3, 16, 16), (-1.0, 1.0), 0, 5, (3, 16, 16))]
    for case in contract_cases("loss/cyclegan", given, shapes, partners=partners):
        case.run()


def test_information_on_codes_keeps_its_contract() -> None:
    """With a generator that has codes, and a network that tells them."""
    partners = {"gen": "infogan", "disc": "mlp", "q": "infogan-q"}
    given = {"gen.channels": 4, "disc.hidden": [4], "disc.head": "features", "q.features": 4}
    shapes = [Shapes((1, 8, 8), (-1.0, 1.0), 0, 5)]
    for case in contract_cases("loss/infogan", given, shapes, partners=partners):
        case.run()


def test_a_folder_of_pictures_keeps_its_contract(pictures: Path) -> None:
    for case in contract_cases("dataset/folder", {"root": pictures}):
        case.run()


@pytest.mark.parametrize("options", [{"input": "kind-0", "target": "kind-1"}, {"split": True}])
def test_pairs_of_pictures_keep_their_contract(pictures: Path, options: dict[str, object]) -> None:
    for case in contract_cases("dataset/paired", {"root": pictures, **options}):
        case.run()


def test_two_folders_of_pictures_keep_their_contract(pictures: Path) -> None:
    options = {"root": pictures / "kind-0", "to": pictures / "kind-1"}
    for case in contract_cases("dataset/unpaired", options):
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


def test_all_transforms_of_ada_keep_their_contract() -> None:
    given = {"filtering": True, "noise": True, "cutout": True, "initial": 0.8}
    for case in contract_cases("augment/ada", given, [Shapes((3, 17, 13), (-1.0, 1.0), 0, 5)]):
        case.run()


LABELLED = (Shapes((3,), (-1.0, 1.0), 3, 5),)
HEADS = (
    *("features", "projection", "multi-output"),
    *("classes", "twin-classes", "fake-class", "embeddings"),
)


@pytest.mark.parametrize("head", HEADS)
def test_every_head_keeps_its_contract(head: str) -> None:
    for case in contract_cases("discriminator/mlp", {"head": head}, LABELLED):
        case.run()


@pytest.mark.parametrize(
    ("loss", "head"),
    [
        ("feature-matching", "features"),
        ("auxiliary-classifier", "classes"),
        ("tac", "twin-classes"),
        ("adc", "twin-classes"),
        ("multi-hinge", "fake-class"),
        ("2c", "embeddings"),
        ("d2d-ce", "embeddings"),
    ],
)
def test_losses_that_need_a_head_keep_their_contract(loss: str, head: str) -> None:
    given, partners = {"disc.head": head}, {"disc": "mlp"}
    for case in contract_cases(f"loss/{loss}", given, LABELLED, partners=partners):
        case.run()


@pytest.mark.parametrize("name", LITE)
def test_scores_of_a_small_trained_network_keep_their_contract(
    name: str, lite_weights: Path
) -> None:
    cases = contract_cases(name, {"weights": lite_weights, "samples": 12})
    if name == "metric/lite-frechet":  # roots of 1280×1280 matrices, a second each time
        cases = [case for case in cases if "same" not in str(case) and "samples" not in str(case)]
    for case in cases:
        case.run()


def test_heads_on_frozen_features_keep_their_contract() -> None:
    shapes = Shapes((3, 16, 16), (-1.0, 1.0), 3, 5)
    for case in contract_cases(PROJECTED, {"features": "random", "mixed": 4}, [shapes]):
        case.run()


def test_classes_are_documented() -> None:
    classes = [found.load() for found in REGISTRY.components() if found.component.kind != "recipe"]
    assert [cls.__name__ for cls in classes if not cls.__doc__] == []
