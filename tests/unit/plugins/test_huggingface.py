"""Hugging Face's datasets: Parquet files and folders here, and what is said of the hub."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganfw import DataError, DataUnavailable, PluginError, SkipItem, UsageError
from ganfw.testing import contract_cases
from ganfw_plugins.huggingface.dataset import HuggingFace
from ganfw_plugins.huggingface.options import HuggingFaceOptions

# The library hashes by pickling, and leaves files open; both warn.
pytestmark = pytest.mark.filterwarnings("ignore")
DRAWS = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("datasets", reason="the library of huggingface is not installed")
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "cache"))


def _png(number: int) -> bytes:
    content = io.BytesIO()
    pixels = DRAWS.integers(0, 256, (20, 20, 3), dtype=np.uint8)
    pixels[:, :, 0] = number
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def _prepared(path: Path | str, **options: object) -> HuggingFace:
    values = {"path": str(path), "size": 20, **options}
    dataset = HuggingFace(HuggingFaceOptions.model_validate(values))
    dataset.prepare()
    return dataset


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    """As the hub has them: pictures as files, and labels with names."""
    import pyarrow
    from datasets import ClassLabel, Features, Image as Picture, Value
    from pyarrow import parquet

    rows = {
        "image": [{"bytes": _png(number), "path": None} for number in range(6)],
        "label": [0, 1, 2, 0, 1, 2],
        "word": ["b", "a", "b", "a", "b", None],
        "score": [0.5] * 6,
    }
    features = Features(
        {
            "image": Picture(),
            "label": ClassLabel(names=["cat", "dog", "eel"]),
            "word": Value("string"),
            "score": Value("float32"),
        }
    )
    path = tmp_path / "pets.parquet"
    parquet.write_table(pyarrow.table(rows, schema=features.arrow_schema), path)
    return path


def test_a_parquet_file(parquet: Path) -> None:
    dataset = _prepared(parquet)
    assert (len(dataset), dataset.class_names) == (6, ("cat", "dog", "eel"))
    assert [int(dataset[i][0][0].mean()) for i in range(6)] == list(range(6))
    assert [dataset[i][1] for i in range(6)] == [0, 1, 2, 0, 1, 2]
    by_word = _prepared(parquet, labels="word", split="train[1:]")
    assert (len(by_word), by_word.class_names, by_word[0][1]) == (5, ("a", "b"), 0)
    with pytest.raises(SkipItem, match=r"row 4 of .* has no label"):
        by_word[4]
    assert by_word.fingerprint() != dataset.fingerprint() == _prepared(parquet).fingerprint()


def test_columns_and_splits_that_are_not_there(parquet: Path) -> None:
    with pytest.raises(UsageError, match=r"no column 'img': -s data.image= is one of image, label"):
        _prepared(parquet, image="img")
    with pytest.raises(UsageError, match=r"no column 'kind': -s data.labels="):
        _prepared(parquet, labels="kind")
    with pytest.raises(DataError, match="holds neither whole numbers nor words"):
        _prepared(parquet, labels="score")
    with pytest.raises(UsageError, match=r"has no split 'train\[:x\]'"):
        _prepared(parquet, split="train[:x]")


def test_a_folder_of_pictures_with_metadata(tmp_path: Path) -> None:
    root = tmp_path / "pets"
    (root / "train").mkdir(parents=True)
    for number in range(3):
        (root / "train" / f"{number}.png").write_bytes(_png(number))
    lines = ["file_name,label", *(f"{number}.png,{'ab'[number % 2]}" for number in range(3))]
    (root / "train" / "metadata.csv").write_text("\n".join(lines))
    dataset = _prepared(root)
    assert (len(dataset), dataset.class_names) == (3, ("a", "b"))
    assert [dataset[i][1] for i in range(3)] == [0, 1, 0]
    with pytest.raises(UsageError, match="no split 'test'"):
        _prepared(root, split="test")


def test_one_that_was_saved(parquet: Path, tmp_path: Path) -> None:
    from datasets import Dataset

    Dataset.from_parquet(str(parquet), cache_dir=str(tmp_path)).save_to_disk(tmp_path / "saved")
    assert len(_prepared(tmp_path / "saved")) == 6


def test_damage(parquet: Path, tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet as files

    path = tmp_path / "bad.parquet"
    files.write_table(pyarrow.table({"image": [b"no picture", _png(1)]}), path)
    with pytest.raises(SkipItem, match="row 0 of"):
        _prepared(path)[0]
    with pytest.raises(DataError, match=r"row 0 of .*; leave it out with -s data.corrupt=skip"):
        _prepared(path, corrupt="refuse")[0]
    assert _prepared(path)[1][0].shape == (3, 20, 20)
    parquet.write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(DataError, match="can't be read as a dataset"):
        _prepared(parquet)


def test_the_hub_can_not_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: object, **more: object) -> None:
        raise ConnectionError("Couldn't reach 'user/name' on the Hub")

    monkeypatch.setattr("datasets.load_dataset", refuse)
    said = r"'user/name' can't be had from the Hugging Face hub \(Couldn't reach"
    with pytest.raises(DataUnavailable, match=said):
        _prepared("user/name")
    for path in ("./none", "/none/at/all"):
        with pytest.raises(ValueError, match="there is no such file or folder"):
            _prepared(path)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(PluginError, match=r"pip install 'ganfw\[huggingface\]'"):
        _prepared("user/name")


def test_it_keeps_the_contract(parquet: Path) -> None:
    for case in contract_cases("dataset/huggingface", {"path": str(parquet)}):
        # It may be a name on the hub, so that no check makes another one of it.
        if "changes_with_content" not in str(case):
            case.run()
