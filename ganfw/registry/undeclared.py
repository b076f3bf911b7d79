"""Plugins that a project's pyproject.toml declares, but that were not (re)installed since."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import unquote, urlparse

from .discovery import GROUP, installed_plugins, normalized


@dataclass(frozen=True)
class Undeclared:
    """Entry points that ``pyproject`` has and the installed ``distribution`` lacks."""

    distribution: str
    pyproject: Path
    names: tuple[str, ...]


def undeclared_entry_points(project: Path) -> list[Undeclared]:
    """What is missing, for the project in the folder ``project`` and for every installed one
    whose source is on this machine."""
    installed = {
        (plugin.name, point.name, point.value)
        for plugin in installed_plugins()
        for point in plugin.entry_points
    }
    found = []
    for folder in sorted({project, *_source_folders()}):
        declared = _declared(folder / "pyproject.toml")
        missing = sorted(declared - installed)
        if missing:
            names = tuple(name for _, name, _ in missing)
            found.append(Undeclared(missing[0][0], folder / "pyproject.toml", names))
    return found


def _declared(pyproject: Path) -> set[tuple[str, str, str]]:
    """The (distribution, name, value) of each entry point; none if this is no plugin's project."""
    try:
        project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
        points = project["entry-points"][GROUP].items()
        return {(normalized(project["name"]), name, str(value)) for name, value in points}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()


def _source_folders() -> Iterator[Path]:
    """The folders that distributions were installed from (PEP 610)."""
    for distribution in distributions():
        try:
            origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        except (OSError, ValueError):
            continue
        url = urlparse(str(origin.get("url", "")))
        if url.scheme == "file" and "dir_info" in origin:
            yield Path(unquote(url.path))
