"""The code a run carries: copies of the plugin files it used, and when they may be run again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import RunError
from ..registry.discovery import add_file
from ..registry.plugin_file import PluginFile, is_known, read_plugin_file
from ..registry.registry import Registered, Registry
from ..runtime.logs import log
from ..storage.run_dir import RunDir


def copy_plugin_files(
    folder: RunDir, used: Iterable[Registered], before: Iterable[Mapping[str, str]] = ()
) -> list[dict[str, str]]:
    """Copy the plugin files behind ``used`` into the run; their records for its provenance.

    ``before`` are the records of a resumed run: a copy of ours is no news of where it came from.
    """
    files = {each.source.name: each.source.file for each in used if each.source.file is not None}
    origins = {str(folder.plugins.absolute() / each["name"]): each["path"] for each in before}
    for file in files.values():
        folder.write(f"plugins/{file.name}", file.content)
    return [
        {
            "name": file.name,
            "sha256": file.sha256,
            "path": origins.get(str(file.path), str(file.path)),
        }
        for file in files.values()
    ]


def register_plugin_copies(registry: Registry, folder: RunDir, record: Mapping[str, Any]) -> None:
    """Register the components of the files that the run in ``folder`` carries.

    A file given with ``--plugin`` goes before the run's copy of the same name. Every change
    is logged. Raises RunError for a copy that is gone, was edited, or came with a run folder
    from elsewhere: that is a stranger's code, and is not run unasked.
    """
    for entry in record.get("plugin_files", []):
        given = registry.file(entry["name"])
        if given is None:
            add_file(registry, _kept_copy(folder, entry))
            _warn_if_original_changed(entry)
        elif given.sha256 != entry["sha256"]:
            log.warning(f"{given.shown} has changed since {folder.path} began; it is used as it is")


def _kept_copy(folder: RunDir, entry: Mapping[str, str]) -> PluginFile:
    path = folder.plugins / entry["name"]
    if not path.is_file():
        raise RunError(f"{path} is missing: give the file with --plugin {entry['name']}")
    copy = read_plugin_file(path)
    if copy.sha256 != entry["sha256"]:
        raise RunError(
            f"{path} was edited since the run began: put it back, or use it knowingly with "
            f"--plugin {path}"
        )
    if not is_known(copy):
        raise RunError(
            f"{folder.path} brings code that was never run by you, {path}: read it, then allow it "
            f"with --plugin {path}"
        )
    return copy


def _warn_if_original_changed(entry: Mapping[str, str]) -> None:
    original = Path(entry["path"])
    if original.is_file() and read_plugin_file(original).sha256 != entry["sha256"]:
        log.warning(
            f"{original} has changed since the run began; the run's own copy is used. "
            f"To use it as it is now: --plugin {original}"
        )
