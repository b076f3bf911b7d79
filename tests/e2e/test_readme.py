"""The README and the guides, followed line by line: every command runs, and says what is shown."""

from __future__ import annotations

import contextlib
import io
import os
import re
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import hatchling.build
import numpy as np
import pytest
from click.testing import Result
from documents import DOCUMENTS, GUIDES, README, REPOSITORY, Block, anchors, blocks, relative_links
from environments import Environment
from PIL import Image
from reader import EXTRAS, SPRITES, Reader

Ganfw = Callable[..., Result]


def _make_data(folder: Path) -> None:
    """A reader's photos, and local copies of what is downloaded: all of them noise."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    for name in ("my-photos", "pokemon-copy/one", "pokemon-copy/two"):
        (folder / name).mkdir(parents=True)
        for index, pixels in enumerate(noise[:8]):
            Image.fromarray(pixels).resize((64, 64)).save(folder / name / f"{index}.png")
    (folder / "my-shards").mkdir()
    for name in ("data-000.tar", "data-001.tar"):
        with tarfile.open(folder / "my-shards" / name, "w") as shard:
            for picture in (folder / "my-photos").iterdir():
                shard.add(picture, picture.name)
                label = tarfile.TarInfo(f"{picture.stem}.txt")
                label.size = 4
                shard.addfile(label, io.BytesIO(b"word"))
    raw = folder / "clothes" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    pictures = np.tile(noise, (3, 1, 1))
    labels = np.arange(len(pictures), dtype=np.uint8) % 10
    for prefix in ("train", "t10k"):
        head = struct.pack(">IIII", 0x803, *pictures.shape)
        (raw / f"{prefix}-images-idx3-ubyte").write_bytes(head + pictures.tobytes())
        head = struct.pack(">II", 0x801, len(labels))
        (raw / f"{prefix}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(path, id=path.name, marks=[pytest.mark.slow] * (path.name == "plugins.md"))
        for path in DOCUMENTS
    ],
)
def test_every_line_runs(
    document: Path, ganfw: Ganfw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make_data(tmp_path)
    reader = Reader(ganfw, tmp_path, monkeypatch)
    for block in blocks(document):
        reader.follow(block)


def test_an_unknown_line_is_no_test(
    ganfw: Ganfw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(ganfw, tmp_path, monkeypatch)
    for line in ("ganfw run --gen new", "make coffee", "pip install ganfw"):
        with pytest.raises(AssertionError):
            reader.follow(Block("console", f"$ {line}\n"))
    with pytest.raises(AssertionError):
        reader.follow(Block("console", "$ ganfw list loss/hinge\nloss  hinge  ganfw 9.9\n"))


@pytest.mark.slow
def test_the_first_line_sets_everything_up(tmp_path: Path) -> None:
    """All but the download of what ganfw depends on."""
    (line, *_) = (command.line for block in blocks(README) for command in block.commands())
    venv, install, run = line.split(" && ")
    assert venv == "python3 -m venv .venv"
    assert install == ".venv/bin/pip install ."
    with contextlib.chdir(REPOSITORY):
        wheel = tmp_path / hatchling.build.build_wheel(str(tmp_path))
    with zipfile.ZipFile(wheel) as archive:
        assert {f"ganfw/guides/{path.name}" for path in GUIDES} <= set(archive.namelist())
    Environment(tmp_path / ".venv").install(wheel)
    for words in (run.split() + SPRITES.split(), [".venv/bin/ganfw", "guide", "plugins"]):
        variables = {**os.environ, "PYTHONPATH": ""}
        ended = subprocess.run(words, cwd=tmp_path, env=variables, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
    assert ended.stdout == (REPOSITORY / "ganfw/guides/plugins.md").read_text("utf-8")
    assert (tmp_path / "runs/0001-compact-sprites/generator_ema/model.safetensors").is_file()


def test_the_readme_is_short_and_leads_to_every_guide() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= 200
    linked = {path for path, _ in relative_links(README)}
    assert {f"ganfw/guides/{path.name}" for path in GUIDES} <= linked


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for path, anchor in relative_links(document):
        target = document.parent / path
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), anchor


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_extra_is_there(document: Path) -> None:
    named = re.findall(r"pip install '(?:ganfw|\.)\[(\w+)\]'", document.read_text("utf-8"))
    assert set(named) <= set(EXTRAS)
