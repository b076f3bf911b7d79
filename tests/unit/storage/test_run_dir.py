from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import filelock
import pytest

from ganfw.errors import RunError
from ganfw.storage import run_dir


def test_runs_are_numbered(tmp_path: Path) -> None:
    names = [run_dir.create(tmp_path, "dcgan-pokemon").path.name for _ in range(2)]
    assert names == ["0001-dcgan-pokemon", "0002-dcgan-pokemon"]
    (tmp_path / "0041-old").mkdir()
    (tmp_path / "notes.txt").write_text("kept")
    assert run_dir.create(tmp_path, "x").path.name == "0042-x"


def test_runs_started_at_the_same_moment_get_numbers_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        names = list(
            pool.map(lambda i: run_dir.create(tmp_path, f"run-{i % 3}").path.name, range(64))
        )
    numbers = sorted(int(name[:4]) for name in names)
    assert len(set(numbers)) == 64
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(names)


def test_an_out_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(RunError, match=r"can't make a run folder in .*out: .*; give --out"):
        run_dir.create(tmp_path / "out", "x")


def test_a_missing_or_foreign_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run folder"):
        run_dir.open_run(tmp_path / "gone")
    run = run_dir.create(tmp_path / "runs", "x")
    with pytest.raises(RunError, match=r"it has no config\.toml"):
        run_dir.open_run(run.path)
    run.write("config.toml", b"")
    assert run_dir.open_run(run.path).path == run.path
    with pytest.raises(RunError, match=r"did you mean .*0001-x"):
        run_dir.open_run(tmp_path / "runs")


def test_two_processes_do_not_train_in_one_folder(tmp_path: Path) -> None:
    run = run_dir.create(tmp_path, "x")
    own = f"another process, {os.getpid()} on {socket.gethostname()}"
    with run.lock() as held:
        with pytest.raises(RunError, match=f"is being trained by {own}$"):
            run.lock()
        (run.path / ".holder").unlink()  # as where the disk was full
        with pytest.raises(RunError, match=r"is being trained by another process$"):
            run.lock()
    assert held  # as a traceback keeps it: the lock is released all the same
    with run.lock():
        pass


def test_a_disk_that_knows_no_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(lock: filelock.FileLock) -> None:
        raise NotImplementedError("no flock here")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with pytest.raises(RunError, match="x can't be locked: no flock here"):
        run_dir.create(tmp_path, "x").lock()


def test_pictures_are_in_the_order_of_their_steps(tmp_path: Path) -> None:
    run = run_dir.RunDir(tmp_path)
    assert run.pictures() == []
    run.samples.mkdir()
    for name in ("1000000.png", "999999.png", "000400.png", "notes.png", "000500.txt"):
        (run.samples / name).touch()
    assert [each.name for each in run.pictures()] == ["000400.png", "999999.png", "1000000.png"]
