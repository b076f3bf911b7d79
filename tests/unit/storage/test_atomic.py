from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from ganfw.storage import atomic


@pytest.mark.parametrize("operation", ["io.open", "os.fsync"])
def test_bytes_are_whole_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    path = tmp_path / "new" / "file"
    atomic.write_bytes(path, b"old")
    gone = OSError(errno.EIO, "disk is gone")
    for error in (gone, KeyboardInterrupt()):

        def broken(*_: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(operation, broken)
        with pytest.raises(type(error)):
            atomic.write_bytes(path, b"new")
        monkeypatch.undo()
        assert path.read_bytes() == b"old"
        assert list(path.parent.iterdir()) == [path]
    assert (gone.errno, gone.filename) == (errno.EIO, str(path))


def test_what_gets_its_name_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it, before; and then the name. No file is left open."""
    synced, opened = [], set()
    close = os.close

    def fsync(handle: int) -> None:
        found = os.fstat(handle)
        size = found.st_size if stat.S_ISREG(found.st_mode) else None
        synced.append((found.st_ino, size, path.exists()))
        opened.add(handle)

    def closing(handle: int) -> None:
        opened.discard(handle)
        close(handle)

    monkeypatch.setattr("os.fsync", fsync)
    monkeypatch.setattr("os.close", closing)
    path = tmp_path / "file"
    atomic.write_bytes(path, b"whole")
    named = (tmp_path.stat().st_ino, None, True)
    assert synced == [(path.stat().st_ino, 5, False), named]

    synced.clear()
    opened.clear()
    path = tmp_path / "folder"
    with atomic.folder(path) as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "file").write_text("all")
    inside = {(each.stat().st_ino, None, False) for each in (path, path / "inner")}
    assert {*synced[:-1]} == {*inside, ((path / "inner" / "file").stat().st_ino, 3, False)}
    assert synced[-1] == named
    assert not opened


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
    path = tmp_path / "new" / "folder"
    full = OSError(errno.ENOSPC, "disk is full")
    other, odd = OSError(errno.ENOSPC, "disk is full", "other"), OSError("odd")

    def interrupted(error: BaseException) -> None:
        with atomic.folder(path) as inside:
            (inside / "a").write_text("half")
            raise error

    for error in (full, other, odd, KeyboardInterrupt()):
        with pytest.raises(type(error)):
            interrupted(error)
        assert list(path.parent.iterdir()) == []
    assert (full.filename, other.filename, str(odd)) == (str(path), "other", "odd")


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
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("whole")
    (tmp_path / ".tmp-link").symlink_to("kept")
    atomic.sweep(tmp_path)
    atomic.remove(tmp_path / "not there")
    assert [each.name for each in tmp_path.rglob("*")] == ["kept", "file"]
