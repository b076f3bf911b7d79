"""A fingerprint is that of the contents, and files are read again only after a change."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from ganfw import fingerprint_files
from ganfw.data import fingerprints

NAMES = ["a.png", "b/c.png"]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files whose last change seems to be long ago, and an empty cache."""
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fingerprints, "_SETTLED", -1e9)
    (tmp_path / "data" / "b").mkdir(parents=True)
    for name in NAMES:
        (tmp_path / "data" / name).write_text(name)
    return tmp_path / "data"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read."""
    names: list[str] = []
    original = fingerprints._content

    def content(path: str, found: os.stat_result | None) -> bytes:
        names.append(Path(path).name)
        return original(path, found)

    monkeypatch.setattr(fingerprints, "_content", content)
    return names


def test_it_is_that_of_names_and_contents(data: Path) -> None:
    digest = hashlib.blake2b(digest_size=16)
    for name in NAMES:
        digest.update(name.encode() + b"\0" + hashlib.blake2b(name.encode()).digest())
    assert fingerprint_files(data, NAMES) == digest.hexdigest()


def test_files_are_read_again_only_after_a_change(data: Path, read: list[str]) -> None:
    first = fingerprint_files(data, NAMES)
    assert fingerprint_files(data, NAMES) == first
    moved = data.rename(data.with_name("moved"))
    assert fingerprint_files(moved, NAMES) == first
    assert read == ["a.png", "c.png"]
    times = (moved / "a.png").stat()
    (moved / "a.png").write_text("A.png")  # as long as before, and its time set back
    os.utime(moved / "a.png", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert fingerprint_files(moved, NAMES) != first
    assert len(read) == 4


def test_files_that_changed_just_now_are_not_trusted(
    data: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "_SETTLED", 60.0)
    fingerprint_files(data, NAMES)
    fingerprint_files(data, NAMES)
    assert len(read) == 4


def test_what_can_not_be_read_counts_by_its_name(data: Path) -> None:
    os.mkfifo(data / "pipe")
    (data / "dangling").symlink_to("nowhere")
    odd = [*NAMES, "pipe", "dangling", "gone", os.fsdecode(b"caf\xe9.png")]
    assert fingerprint_files(data, odd) == fingerprint_files(data, odd)
    assert fingerprint_files(data, odd) != fingerprint_files(data, NAMES)
