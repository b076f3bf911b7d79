"""Plugins that a project's pyproject.toml declares, and that were never (re)installed since."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from .discovery import GROUP, installed_plugins, normalized


@dataclass(frozen=True)
class Undeclared:
    """Entry points that ``pyproject`` has and the installed ``distribution`` lacks."""

    distribution: str
    pyproject: Path
    names: tuple[str, ...]


def undeclared_entry_points(project: Path) -> list[Undeclared]:
    """What is lacking, for the project in the folder ``project`` and for every installed one whose
    source lies on this machine."""
    installed = {
        (each.name, point.name, point.value)
        for each in installed_plugins()
        for point in each.entry_points
    }
    found = []
    for pyproject in sorted({project / "pyproject.toml", *_local_sources()}):
        name, points = _declared(pyproject)
        lacking = [key for key, value in points.items() if (name, key, value) not in installed]
        if lacking:
            found.append(Undeclared(name, pyproject, tuple(sorted(lacking))))
    return found


def _declared(pyproject: Path) -> tuple[str, dict[str, str]]:
    try:
        project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
        points = project["entry-points"][GROUP]
        return normalized(project["name"]), {str(k): str(v) for k, v in points.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # No such file, no TOML, or no plugin: nothing is declared.
        return "", {}


def _local_sources() -> Iterator[Path]:
    for distribution in distributions():
        folder = _source_folder(distribution)
        if folder is not None:
            yield folder / "pyproject.toml"


def _source_folder(distribution: Distribution) -> Path | None:
    """The folder a distribution was installed from (PEP 610), if it was one."""
    try:
        direct: dict[str, Any] = json.loads(distribution.read_text("direct_url.json") or "{}")
    except (OSError, ValueError):
        return None
    url = urlparse(str(direct.get("url", "")))
    is_folder = url.scheme == "file" and "dir_info" in direct
    return Path(unquote(url.path)) if is_folder else None
