"""``--data PATH``: which dataset reads the path. Datasets declare it, see `Component.paths`."""

from __future__ import annotations

import contextlib
import itertools
import mimetypes
import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from ..errors import UsageError
from ..registry.registry import Registered, Registry
from ..registry.source import HOME
from ..storage.run_dir import RunDir
from .layers import Layer

FOLDER = "/"
"""What a dataset declares that takes any folder."""

_BESIDE = "+"
"""What stands before an option that is given beside a folder."""


def with_path(registry: Registry, layer: Layer, options: Collection[str] = ()) -> Layer:
    """The same layer, with a path in the data slot turned into the dataset that reads it, beside
    the data's ``options`` that this layer and stronger ones give.

    Raises UsageError for a file that no dataset reads, or that several do, and for a run's folder.
    """
    data = layer.values.get("data", {})
    use = _expanded(data.get("use"))
    if not is_path(registry, use):
        return layer
    path = Path(use).expanduser().absolute()
    if RunDir(path).provenance.is_file():
        raise UsageError(
            f"{use} is a run, and no data: go on with it by ganfw resume {use}, or start another "
            f"run from its networks by --from {use}"
        )
    is_folder = os.path.isdir(path)  # noqa: PTH112 - as below
    end = _inside(registry, path) if is_folder else _end(registry, path)
    if is_folder or end == FOLDER:
        end = _beside(registry, options) or end
    reader = _reader(registry, end, path, use)
    option = reader.component.paths[end]
    chosen = {"use": registry.shortest_name(reader), option: str(path)}
    return replace(layer, values={**layer.values, "data": {**data, **chosen}})


def _expanded(use: Any) -> Any:
    """With the variables that a shell leaves as they are within single quotes. Raises UsageError
    for an address."""
    if isinstance(use, str) and "://" in use:
        raise UsageError(
            f"{use} is an address: download it, unpack it, then give its folder, as in "
            "ganfw run ./FOLDER"
        )
    return os.path.expandvars(use) if isinstance(use, str) and use[:1] in ("$", "%") else use


def is_path(registry: Registry, use: object) -> bool:
    """Whether ``use``, given for a dataset, means a path."""
    if not isinstance(use, str) or registry.has("dataset", use):
        return False
    looks_like_one = use.startswith((".", "~")) or Path(use).is_absolute()
    if looks_like_one or os.path.exists(use):  # noqa: PTH110 - it takes names of any length
        return True
    return _end(registry, Path(use)) != FOLDER


def _end(registry: Registry, path: Path) -> str:
    """The longest declared end of the path's name; that of folders where it has none."""
    name = path.name.lower()
    ends = [end for end in _declared(registry) if name.endswith(end)]
    return max(ends, key=len, default=FOLDER)


def _inside(registry: Registry, folder: Path) -> str:
    """What is declared of the most that is in ``folder``, such as ``/input/target``."""
    ends = [end for end in _declared(registry) if end.startswith(FOLDER)]
    return max((end for end in ends if _holds(folder, end)), key=len, default=FOLDER)


def _beside(registry: Registry, options: Collection[str]) -> str:
    """What is declared of a folder beside one of the ``options``, such as ``/+to``, if it is."""
    ends = {f"{FOLDER}{_BESIDE}{option}" for option in options}
    return max(ends & _declared(registry), default="")


def _holds(folder: Path, end: str) -> bool:
    """Whether the folders that ``end`` names are there, or all there is are files as it says."""
    if "*" not in end:
        return all((folder / name).is_dir() for name in end.split("/"))
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        seen = (entry for entry in entries if not entry.name.startswith("."))
        if first := next(seen, None):
            return all(_is_named(entry, end) for entry in itertools.chain([first], seen))
    return False


def _is_named(entry: os.DirEntry[str], end: str) -> bool:
    return entry.is_file() and PurePath(entry.name).match(end.removeprefix(FOLDER))


def _reader(registry: Registry, end: str, path: Path, use: str) -> Registered:
    """Ours where there are several: installing a plugin changes no run that does not name it."""
    if end == FOLDER and os.path.isfile(path):  # noqa: PTH113 - as above
        if instead := in_place_of(use):
            raise UsageError(f"{use}: {instead}")
        known = ", ".join(sorted(end for end in _declared(registry) if end[0] != FOLDER))
        raise UsageError(f"no dataset reads the file {use}: a folder is read, and {known}")
    found = [reader for reader in registry.components("dataset") if end in reader.component.paths]
    if not found:
        raise UsageError(f"no dataset '{use}': it is a folder, and no dataset here reads folders")
    ours = [reader for reader in found if reader.source.name == HOME]
    if len(found) > 1 and not ours:
        names = " or ".join(f"--data {reader.canonical}" for reader in found)
        raise UsageError(f"--data {use}: several datasets read it; give {names} and its path")
    return (ours or found)[0]


def in_place_of(use: str) -> str:
    """What to give in place of a file that no dataset reads, where that is known."""
    path = Path(use)
    kind = (mimetypes.guess_type(path.name)[0] or "").partition("/")[0]
    if path.suffix == ".toml":
        return f"a run file is given with --config {use}"
    if kind == "image":
        return "it is one picture, and a GAN learns from many: give the folder that holds them"
    if kind == "video":
        return "it is a video: save its frames as pictures in a folder, and give that"
    return ""


def _declared(registry: Registry) -> set[str]:
    return {end for reader in registry.components("dataset") for end in reader.component.paths}
