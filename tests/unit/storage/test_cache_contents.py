"""What is cached is listed and cleaned, and nothing that is being written is touched."""

from __future__ import annotations

import os
import time
from pathlib import Path

import filelock
import pytest

from ganfw.storage import atomic, cache_contents
from ganfw.storage.cache_contents import LEFTOVER


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with a decoded dataset of 300 bytes, a download of 20, and a file the user named."""
    root = tmp_path / "cache"
    monkeypatch.setenv("GANFW_CACHE", str(root))
    for name in ("datasets", "downloads", "plugin-files"):
        (root / name).mkdir(parents=True)
    with atomic.folder(root / "datasets" / "ab12") as folder:
        (folder / "samples.npy").write_bytes(bytes(290))
        cache_contents.describe(folder, "ten bytes.")
    (root / "datasets" / "ab12.lock").touch()
    (root / "downloads" / "pokemon.zip").write_bytes(bytes(20))
    (root / "plugin-files" / "known").touch()
    return root


def _leftover(cache: Path, name: str, size: int = 7) -> Path:
    path = cache / "datasets" / name
    path.mkdir()
    (path / "samples.npy").write_bytes(bytes(size))
    return path


def test_the_entries(cache: Path) -> None:
    _leftover(cache, ".tmp-ffff-1234")
    found = [(entry.kind, entry.what, entry.bytes) for entry in cache_contents.entries()]
    assert found == [
        ("datasets", "ten bytes.", 300), ("downloads", "pokemon.zip", 20),
        (LEFTOVER, ".tmp-ffff-1234", 7),
    ]  # fmt: skip
    assert cache_contents.size(cache) == 327


def test_only_what_nobody_writes_is_swept(cache: Path) -> None:
    dead, alive = _leftover(cache, ".tmp-cd34-aaaa"), _leftover(cache, ".tmp-ef56-bbbb")
    (cache / "datasets" / "cd34.lock").touch()
    with filelock.FileLock(cache / "datasets" / "ef56.lock"):
        cache_contents.sweep()
        assert not dead.exists()
        assert alive.exists()
    cache_contents.sweep()
    assert not alive.exists()
    assert (cache / "datasets" / "ab12").exists()


def test_what_an_earlier_release_left_is_swept_once_it_is_a_day_old(cache: Path) -> None:
    path = _leftover(cache, ".tmp-0a1b2c3d")
    cache_contents.sweep()
    assert path.exists()
    yesterday = time.time() - 25 * 3600
    for each in (path / "samples.npy", path):
        os.utime(each, (yesterday, yesterday))
    cache_contents.sweep()
    assert not path.exists()


def test_pruning(cache: Path) -> None:
    with filelock.FileLock(cache / "datasets" / "ab12.lock"):
        removed, kept = cache_contents.prune(lambda entry: True)
    assert [entry.what for entry in removed] == ["pokemon.zip"]
    assert [entry.what for entry in kept] == ["ten bytes."]
    removed, kept = cache_contents.prune(lambda entry: True)
    assert [entry.what for entry in removed] == ["ten bytes."]
    assert kept == []
    assert [path.name for path in cache.rglob("*") if path.is_file()] == ["known"]


def test_an_entry_is_as_old_as_its_last_use(cache: Path) -> None:
    folder = cache / "datasets" / "ab12"
    for path in (*folder.iterdir(), folder):
        os.utime(path, (0, 0))
    assert {entry.what: entry.used for entry in cache_contents.entries()}["ten bytes."] == 0
    cache_contents.mark_used(folder)
    assert cache_contents.entries()[0].used > time.time() - 60


def test_no_cache_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "nowhere"))
    assert cache_contents.entries() == []
    assert cache_contents.size(tmp_path / "nowhere") == 0
