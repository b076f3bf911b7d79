"""Tar files of samples: what is read, in which order, and what is said of those that can't be."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from click.testing import Result
from PIL import Image

from ganfw import DataError, SkipItem, UsageError
from ganfw.config import validation
from ganfw.data.decoded_cache import decode
from ganfw.runtime.distributed import Processes
from ganfw.testing import contract_cases
from ganfw_plugins.images import shard_index
from ganfw_plugins.images.dataset import Folder
from ganfw_plugins.images.options import FolderOptions, ShardOptions
from ganfw_plugins.images.shards import Shards

Files = Mapping[str, bytes]


def _png(number: int) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (16, 16), (number, 0, 0)).save(content, "PNG")
    return content.getvalue()


def _sample(number: int) -> dict[str, bytes]:
    name = f"{number:04}"
    described = {"kind": ["b", "a"][number % 2], "size": 3.0}
    return {
        f"{name}.mask.png": _png(255),
        f"{name}.png": _png(number),
        f"{name}.cls": str(number % 3 * 5).encode(),
        f"{name}.json": json.dumps(described).encode(),
    }


def _write(path: Path, files: Files) -> Path:
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w") as shard:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            shard.addfile(member, io.BytesIO(content))
    return path


def _samples(numbers: range) -> Files:
    return {name: content for n in numbers for name, content in _sample(n).items()}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six tar files of eight samples; sample i is red of i."""
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "cache"))
    for i in range(6):
        _write(tmp_path / "shards" / f"data-{i:03}.tar", _samples(range(8 * i, 8 * i + 8)))
    return tmp_path / "shards"


def _prepared(root: Path | str, **options: object) -> Shards:
    values = {"root": str(root), "size": 16, **options}
    dataset = Shards(validation.validate(ShardOptions, values, "data"))
    dataset.prepare()
    return dataset


def _reds(samples: torch.Tensor) -> list[int]:
    found: list[int] = ((samples[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()
    return found


def _epoch(
    dataset: Shards, number: int = 1, start: int = 0, processes: Processes | None = None
) -> list[int]:
    """The samples in the order in which batches of 8 have them."""
    processes = processes or Processes()
    loader = decode(dataset, "x").loader(8, 0, torch.device("cpu"), processes)
    return [red for batch in loader.epoch(number, start) for red in _reds(batch.samples)]


def test_what_is_in_them(root: Path) -> None:
    dataset = _prepared(root)
    assert (len(dataset), dataset.class_names) == (48, ("0", "5", "10"))
    assert [int(dataset[i][0][0, 0, 0]) for i in range(48)] == list(range(48))
    assert [dataset[i][1] for i in range(48)] == [i % 3 for i in range(48)]
    some = _prepared(root, files="data-{001..002}.tar", labels="json", label_field="kind")
    assert (len(some), some.class_names, some[0][1]) == (16, ("a", "b"), 1)
    assert _prepared(root, files="*5.tar", labels="json", label_field="size").class_names == ("3",)
    assert _prepared(root, labels="none").classes == 0


def test_headers_are_read_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    places = shard_index.tar_places
    monkeypatch.setattr(shard_index, "tar_places", lambda p: read.append(p.name) or places(p))
    first = _prepared(root).fingerprint()
    assert sorted(read) == [f"data-{i:03}.tar" for i in range(6)]
    assert _prepared(root).fingerprint() == first
    assert len(read) == 6
    _write(root / "data-003.tar", _samples(range(3)))
    assert _prepared(root).fingerprint() != first
    assert read[6:] == ["data-003.tar"]
    for kept in (root.parent / "cache").rglob("*.npz"):
        kept.write_bytes(b"damaged")
    assert len(_prepared(root)) == 43


def test_an_epoch_is_every_sample_once_a_window_at_a_time(root: Path) -> None:
    """And can be entered at any batch; processes share its batches."""
    dataset = _prepared(root, window=2)
    whole = _epoch(dataset)
    assert sorted(whole) == list(range(48))
    assert [len({red // 8 for red in whole[i : i + 16]}) for i in (0, 16, 32)] == [2, 2, 2]
    assert len({red // 8 for red in _epoch(_prepared(root))[:16]}) > 2
    assert _epoch(_prepared(root, window=2), start=4) == whole[32:]
    assert _epoch(dataset, 2) != whole
    shares = [_epoch(dataset, processes=Processes(rank, 2)) for rank in (0, 1)]
    assert [red for pair in zip(*shares, strict=True) for red in pair] == whole


def test_they_are_decoded_into_the_cache_if_asked(root: Path) -> None:
    decoded = root.parent / "cache" / "datasets"
    for stream in (True, False):
        assert sorted(_epoch(_prepared(root, stream=stream))) == list(range(48))
        assert decoded.exists() != stream


def test_a_stopped_run_ends_as_if_it_had_not_been(root: Path, ganfw: Callable[..., Result]) -> None:
    words = ("--data", "shards", "-s", f"data.root={root}", "--gen", "dcgan", "--disc", "dcgan")
    small = ("-s", "gen.channels=8", "-s", "disc.channels=8", "--size", 32, "--batch-size", 8)
    for steps, out in ((15, "whole"), (9, "parts")):
        result = ganfw("run", *words, *small, "--steps", steps, "--out", out)
        assert result.exit_code == 0, result.output
    (parts,) = Path("parts").iterdir()
    assert ganfw("resume", parts, "--steps", 15).exit_code == 0
    (whole,) = Path("whole").iterdir()
    for name in ("generator", "discriminator"):
        weights = [(run / name / "model.safetensors").read_bytes() for run in (whole, parts)]
        assert weights[0] == weights[1]


def test_damaged_pictures(root: Path) -> None:
    _write(root / "data-000.tar", {**_samples(range(2)), "0001.png": b"no picture"})
    dataset = _prepared(root)
    with pytest.raises(SkipItem, match=r"data-000.tar/0001.png: it is no picture"):
        dataset[1]
    with pytest.raises(DataError, match=r"0001.png can't be read .* data.corrupt=skip"):
        _prepared(root, corrupt="refuse")[1]
    os.truncate(root / "data-000.tar", 600)  # after it was opened
    with pytest.raises(SkipItem, match=r"data-000.tar is truncated before byte "):
        dataset[0]


def test_samples_without_a_label(root: Path, said: list[str]) -> None:
    _write(root / "data-000.tar", {"a.png": _png(0), "b.png": _png(1)})
    dataset = _prepared(root)
    assert (len(dataset), int(dataset[0][0][0, 0, 0])) == (40, 8)
    assert said == [f"{root}: 2 pictures without a label are left out"]
    assert len(_prepared(root, labels="none")) == 42


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({"../a.png": b""}, {}, "leads outside the archive"),
        ({"a.txt": b"word"}, {}, "its 1 tar files hold no pictures"),
        ({"a.png": b""}, {"labels": "txt"}, "has no labels in .txt files"),
        ({"a.png": b"", "a.json": b"{"}, {"labels": "json"}, "'a.json' can't be read as a label"),
        ({"a.png": b"", "a.json": b'{"label": [1]}'}, {"labels": "json"}, "no word or number"),
        ({"a.png": b"", "a.cls": b"\xff"}, {}, "'a.cls' can't be read as a label"),
    ],
)
def test_what_is_refused(
    root: Path, files: Files, options: dict[str, object], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        _prepared(_write(root.parent / "other" / "a.tar", files).parent, **options)


def test_files_that_are_refused(root: Path) -> None:
    with tarfile.open(root / "packed.gz", "w:gz") as packed:
        packed.add(root / "data-000.tar")
    with pytest.raises(DataError, match=r"as they are: --data shards -s data.root="):
        Folder(validation.validate(FolderOptions, {"root": root, "size": 16}, "data")).prepare()
    for files, message in (
        ("packed.gz", "is compressed"),
        ("data-{004..007}.tar", r"2 of 4 files of .* are missing: data-006.tar"),
        ("*.zip", "has no files \\*.zip: its 7 files are 6 × .tar, 1 × .gz"),
    ):
        with pytest.raises(DataError, match=message):
            _prepared(root, files=files)
    for wrong, message in (
        ("nowhere", "no such folder"),
        ("https://a.org/0.tar", "an address"),
        ("data-{0..9}.tar", "data.files"),
    ):
        with pytest.raises(UsageError, match=message):
            _prepared(wrong)
    os.truncate(root / "data-002.tar", 5000)
    with pytest.raises(DataError, match=r"data-002.tar is (damaged|truncated)"):
        _prepared(root)


def test_they_keep_their_contract(root: Path) -> None:
    for case in contract_cases("dataset/shards", {"root": root}):
        case.run()
