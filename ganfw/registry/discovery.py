"""Finding plugins: entry points in the group ``ganfw``, plugin files, and the session's own.

pluggy's own loader skips a name that is already taken and ends the program at the first broken
plugin, so each plugin is loaded and called here, apart from the others.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import Any

from ..errors import PluginError, UsageError
from .loading import PluginRecord, load_plugin
from .plugin_file import PluginFile, read_plugin_file, remember
from .registry import Registry
from .session import session_components
from .source import HOME, SESSION, Source

GROUP = "ganfw"


@dataclass(frozen=True)
class Installed:
    """An installed distribution that declares plugins, and the folder it was found in."""

    name: str
    version: str
    folder: Path
    entry_points: tuple[EntryPoint, ...]


def discover(files: Iterable[Path] = ()) -> Registry:
    """Register the components of every installed plugin, of ``files`` and of this session.

    An installed plugin that fails is kept apart in ``broken``; a file that fails raises
    PluginError or UsageError, since the user named it. ``GANFW_PLUGINS=a,b`` takes only these
    distributions or entry points, besides our own; ``GANFW_DISABLE_PLUGINS=1`` only our own;
    ``GANFW_STRICT_PLUGINS=1`` raises PluginError for the first broken plugin.
    """
    registry = Registry()
    for installed, point in _wanted():
        source = Source(installed.name, installed.version)
        record = _add(registry, source, point.name, point.load)
        if record.failure is not None and _is_on("GANFW_STRICT_PLUGINS"):
            raise PluginError(f"{record} (GANFW_STRICT_PLUGINS is on)")
    for path in files:
        file = read_plugin_file(path)
        remember(file)
        add_file(registry, file)
    for component in session_components():
        registry.add(component, Source(SESSION))
    return registry


def add_file(registry: Registry, file: PluginFile) -> None:
    """Register the components of a plugin file; the same file twice is no error.

    Raises PluginError if it is broken, UsageError if there is another file of its name.
    """
    other = registry.files.get(file.name)
    if other is not None:
        if other.content == file.content:
            return
        raise UsageError(
            f"two plugin files are named {file.name}, {other.path} and {file.path}: rename one"
        )
    source = Source(file.name, file.sha256[:12], file)
    record = _add(registry, source, file.path.stem, file.run)
    if record.failure is not None:
        phase, error = record.failure.phase, record.failure.error
        raise PluginError(f"plugin file {file.shown}: {phase} failed: {error}")
    registry.files[file.name] = file


def _add(registry: Registry, source: Source, name: str, load: Callable[[], Any]) -> PluginRecord:
    """Load one plugin and register its components; none of them if it fails."""
    taken = registry.offered_by(source.name)
    record, components = load_plugin(source.name, source.version, name, load, taken)
    registry.plugins.append(record)
    for component in components:
        registry.add(component, source)
    return record


def installed_plugins() -> Iterator[Installed]:
    """Every distribution on the path that declares plugins, in the path's order."""
    for distribution in distributions():
        entry_points = _entry_points(distribution)
        if entry_points:
            about = distribution.metadata
            name, version = ((about.get_all(key) or ["?"])[0] for key in ("Name", "Version"))
            folder = Path(str(distribution.locate_file("")))
            yield Installed(normalized(name), version, folder, entry_points)


def normalized(name: str) -> str:
    """A distribution's name as indexes compare it: ``Acme_GAN`` is ``acme-gan`` (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _wanted() -> Iterator[tuple[Installed, EntryPoint]]:
    """Each plugin once, ours first; of a distribution found twice, the one that is imported."""
    found: dict[str, Installed] = {}
    for installed in installed_plugins():
        found.setdefault(installed.name, installed)
    words = {word.strip() for word in os.environ.get("GANFW_PLUGINS", "").split(",")} - {""}
    chosen = words | set(map(normalized, words))
    for name in sorted(found, key=lambda name: (name != HOME, name)):
        for entry_point in sorted(found[name].entry_points, key=lambda point: point.name):
            named = not chosen or {name, entry_point.name} & chosen
            if name == HOME or (named and not _is_on("GANFW_DISABLE_PLUGINS")):
                yield found[name], entry_point


def _entry_points(distribution: Distribution) -> tuple[EntryPoint, ...]:
    try:
        return tuple(point for point in distribution.entry_points if point.group == GROUP)
    except (OSError, ValueError):
        # Metadata that is not text was broken by some other tool, and is no plugin.
        return ()


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")
