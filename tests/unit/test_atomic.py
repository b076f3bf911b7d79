from __future__ import annotations

from pathlib import Path

import pytest

from ganfw import atomic


def test_bytes_are_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    atomic.write_bytes(path, b"old")

    def broken(_: int) -> None:
        raise OSError("disk is gone")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="disk is gone"):
        atomic.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unfinished_file_bears_the_name_of_what_it_is_to_be(tmp_path: Path) -> None:
    for name in ("samples.npz", "é" * 120):
        with atomic.file(tmp_path / name) as file:
            file.write(b"half")
            (unfinished,) = tmp_path.iterdir()
            assert unfinished.name.startswith(f".tmp-{name[:40]}-")
        assert [each.name for each in tmp_path.iterdir()] == [name]
        (tmp_path / name).unlink()


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "folder"

    def interrupted() -> None:
        with atomic.folder(path) as inside:
            (inside / "a").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    for word in ("old", "new"):
        with atomic.folder(path) as inside:
            (inside / word).write_text(word)
    assert [each.name for each in path.iterdir()] == ["new"]
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_leftovers_are_swept(tmp_path: Path) -> None:
    (tmp_path / ".tmp-x").mkdir()
    (tmp_path / ".tmp-x" / "file").write_text("half")
    (tmp_path / ".tmp-y").write_text("half")
    (tmp_path / "kept").write_text("whole")
    atomic.sweep(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
