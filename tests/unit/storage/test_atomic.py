from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ganfw.storage import atomic


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


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed_and_stays(tmp_path: Path, there: bool) -> None:
    """Also one to a file that is not there yet, and one that leads to another."""
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "file"
    if there:
        target.write_text("old")
    link, first = tmp_path / "link", tmp_path / "first"
    link.symlink_to("elsewhere/file")
    first.symlink_to("link")
    for each in (link, first):
        atomic.write_text(each, each.name)
        assert link.is_symlink()
        assert first.is_symlink()
        assert target.read_text() == each.name
    assert list(target.parent.iterdir()) == [target]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_link_to_itself_gives_way(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    atomic.write_text(tmp_path / "loop", "new")
    assert (tmp_path / "loop").read_text() == "new"


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    """Before anything is written: neither a pipe, nor a link to one, nor a folder."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.iterdir())
    for name in ("pipe", "link", "folder"):
        with pytest.raises(OSError, match=r"no file that can be replaced"):
            atomic.write_text(tmp_path / name, "new")
    assert sorted(tmp_path.iterdir()) == before
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert (tmp_path / "link").is_symlink()


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


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_modes_are_what_the_umask_asks_for(tmp_path: Path, umask: int) -> None:
    """Also of what a library wrote with a mode of its own; a file that was there keeps its mode."""
    before = os.umask(umask)
    try:
        with atomic.folder(tmp_path / "folder") as inside:
            (inside / "private").touch(0o600)
        atomic.write_text(tmp_path / "file", "new")
        (tmp_path / "mine").touch()
        (tmp_path / "mine").chmod(0o640)
        atomic.write_text(tmp_path / "mine", "new")
    finally:
        os.umask(before)
    names = ("folder", "folder/private", "file", "mine")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in names]
    assert modes == [0o777 & ~umask, 0o666 & ~umask, 0o666 & ~umask, 0o640]


def test_leftovers_are_swept(tmp_path: Path) -> None:
    (tmp_path / ".tmp-x").mkdir()
    (tmp_path / ".tmp-x" / "file").write_text("half")
    (tmp_path / ".tmp-y").write_text("half")
    (tmp_path / "kept").write_text("whole")
    atomic.sweep(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
