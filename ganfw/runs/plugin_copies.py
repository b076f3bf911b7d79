"""The code a run keeps: copies of the plugin files it used, and when they may be run again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import RunError
from ..registry.discovery import add_file
from ..registry.plugin_file import PluginFile, is_known, read_plugin_file
from ..registry.registry import Registered, Registry
from ..runtime.logs import log
from ..storage.run_dir import RunDir
from .records import PluginFileRecord, Provenance


def copy_plugin_files(
    folder: RunDir, used: Iterable[Registered], before: Iterable[PluginFileRecord] = ()
) -> tuple[PluginFileRecord, ...]:
    """Copy the plugin files behind ``used`` into the run; their records for its provenance.

    ``before`` are the records of a resumed run: a file that is the run's own copy keeps the path
    that the original was given with.
    """
    sources = [component.source for component in used]
    files = {source.name: source.file for source in sources if source.file is not None}
    originals = {str(folder.plugins.absolute() / record.name): record.path for record in before}
    for file in files.values():
        folder.write(f"plugins/{file.name}", file.content)
    return tuple(
        PluginFileRecord(
            name=file.name,
            sha256=file.sha256,
            path=originals.get(str(file.path), str(file.path)),
        )
        for file in files.values()
    )


def register_plugin_copies(registry: Registry, folder: RunDir, provenance: Provenance) -> None:
    """Register the components of the plugin files that the run in ``folder`` keeps.

    A file given with ``--plugin`` goes before the run's copy of the same name. Every change
    is logged. Raises RunError for a copy that is gone, was edited, or came with a run folder
    from elsewhere: that is a stranger's code, and is not run unasked.
    """
    for record in provenance.plugin_files:
        given = registry.files.get(record.name)
        if given is None:
            add_file(registry, _kept_copy(folder, record))
            _warn_if_original_changed(record)
        elif given.sha256 != record.sha256:
            log.warning(f"{given.shown} has changed since {folder.path} began; it is used as it is")


def _kept_copy(folder: RunDir, record: PluginFileRecord) -> PluginFile:
    path = folder.plugins / record.name
    if not path.is_file():
        raise RunError(f"{path} is missing: give the file with --plugin {record.name}")
    copy = read_plugin_file(path)
    if copy.sha256 != record.sha256:
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


def _warn_if_original_changed(record: PluginFileRecord) -> None:
    original = Path(record.path)
    if original.is_file() and read_plugin_file(original).sha256 != record.sha256:
        log.warning(
            f"{original} has changed since the run began; the run's own copy is used. "
            f"To use it as it is now: --plugin {original}"
        )
