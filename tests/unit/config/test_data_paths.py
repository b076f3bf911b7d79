"""``--data PATH``: datasets say which paths they read."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganfw import Component, UsageError
from ganfw.config.data_paths import with_path
from ganfw.config.layers import Layer
from ganfw.config.merge import merge_layers
from ganfw.registry.registry import Registry
from ganfw.registry.source import HOME, Source


def _dataset(name: str, **paths: str) -> Component:
    ends = {f".{end.replace('_', '.')}": option for end, option in paths.items()}
    return Component("dataset", name, "pkg:Data", paths=ends)


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    for component in (_dataset("pack", gz="root"), _dataset("tar", tar_gz="file"),
                      Component("dataset", "folder", "pkg:Data", paths={"/": "root"})):  # fmt: skip
        registry.add(component, Source(HOME))
    registry.add(_dataset("theirs", tar_gz="other", npy="path"), Source("theirs"))
    return registry


def _chosen(registry: Registry, use: str) -> dict[str, str]:
    layer = with_path(registry, Layer("here", {"data": {"use": use, "size": 8}}))
    chosen: dict[str, str] = layer.values["data"]
    assert chosen.pop("size") == 8
    return chosen


def test_the_end_of_a_name_chooses(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # The longest end decides, whether or not the file is there; ours comes first.
    assert _chosen(registry, "a.tar.gz") == {"use": "tar", "file": str(tmp_path / "a.tar.gz")}
    assert _chosen(registry, "./A.GZ") == {"use": "pack", "root": str(tmp_path / "A.GZ")}
    assert _chosen(registry, "a.npy")["use"] == "theirs"
    Path("b.npy").mkdir()
    for folder in (".", "b.npy", "./none"):
        assert _chosen(registry, folder) == {"use": "folder", "root": str(tmp_path / folder)}
    for name in ("folder", "theirs/theirs", "unknown", "a" * 300, "\0"):
        assert _chosen(registry, name) == {"use": name}


def test_what_is_in_a_folder_chooses(registry: Registry, tmp_path: Path) -> None:
    pairs = Component("dataset", "pairs", "pkg:Data", paths={"/input/target": "root"})
    registry.add(pairs, Source(HOME))
    (tmp_path / "mine" / "input").mkdir(parents=True)
    assert _chosen(registry, str(tmp_path / "mine"))["use"] == "folder"
    (tmp_path / "mine" / "target").mkdir()
    assert _chosen(registry, str(tmp_path / "mine"))["use"] == "pairs"
    shards = Component("dataset", "tars", "pkg:Data", paths={"/*.tar": "root"})
    registry.add(shards, Source(HOME))
    for name, reader in ((".hidden", "folder"), ("a.tar", "tars"), ("b.png", "folder")):
        (tmp_path / "theirs").mkdir(exist_ok=True)
        (tmp_path / "theirs" / name).touch()
        assert _chosen(registry, str(tmp_path / "theirs"))["use"] == reader


def test_an_option_beside_a_folder_chooses(registry: Registry, tmp_path: Path) -> None:
    """Given in the same layer, or in a stronger one, as a flag and ``-s`` are."""
    two = Component("dataset", "two", "pkg:Data", paths={"/+to": "first", "/a/b": "first"})
    registry.add(two, Source(HOME))
    here = str(tmp_path)
    for options, use in (({"to"}, "two"), ({"size"}, "folder"), (set(), "folder")):
        layer = with_path(registry, Layer("here", {"data": {"use": here}}), options)
        assert layer.values["data"]["use"] == use
    layers = [Layer("flag", {"data": {"use": here}}), Layer("-s", {"data": {"to": "there"}})]
    tree = merge_layers(registry, layers).tree
    assert tree["data"] == {"use": "two", "first": here, "to": "there"}


def test_files_that_none_or_several_read(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    said = r"no dataset reads the file .*/a\.txt: a folder is read, and \.gz, \.npy, \.tar\.gz"
    with pytest.raises(UsageError, match=said):
        _chosen(registry, str(tmp_path / "a.txt"))
    registry.add(_dataset("mine", npy="path"), Source("mine"))
    with pytest.raises(UsageError, match=r"give --data mine/mine or --data theirs/theirs"):
        _chosen(registry, "a.npy")
    with pytest.raises(UsageError, match="no dataset here reads folders"):
        _chosen(Registry(), "./photos")


@pytest.mark.parametrize(("kind", "end"), [("loss", ".npy"), ("dataset", "npy")])
def test_ends_that_can_not_be(kind: str, end: str) -> None:
    with pytest.raises(ValueError, match=r"a dataset takes '/' or such as '.zip'"):
        Component(kind, "x", "pkg:X", paths={end: "path"})
