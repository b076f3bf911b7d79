"""Source: where a component comes from: a package, a file, or this session."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from .plugin_file import PluginFile

HOME = "ganfw"
"""The distribution whose components keep their bare names."""

SESSION = "session"
"""The name under which components are known that were registered from Python."""


@dataclass(frozen=True)
class Source:
    """What offers a component.

    - ``name``: the distribution's name, the file's name, or ``session``.
    - ``version``: the distribution's version, the first digits of the file's SHA-256, or empty.
    - ``file``: the plugin file, if it is one.
    """

    name: str
    version: str = ""
    file: PluginFile | None = None

    @property
    def kind(self) -> str:
        """``package``, ``file`` or ``session``."""
        if self.file is not None:
            return "file"
        return "session" if self.name == SESSION else "package"

    def __str__(self) -> str:
        if self.file is not None:
            return self.file.shown
        return "this session" if self.kind == "session" else f"{self.name} {self.version}"

    def load(self, target: str) -> Any:
        """What ``target`` names. In a file, ``file_name:Class`` is the file's own class."""
        module, _, name = target.partition(":")
        if self.file is not None and module == self.file.module_name:
            return getattr(self.file.run(), name)
        return getattr(importlib.import_module(module), name)


def how_to_get(source: str, release: str = "") -> str:
    """What to do where the source of this name, in this release, is missing."""
    if source == SESSION:
        return "it was registered in a session: register it again with @ganfw.register"
    if source.endswith(".py"):
        return f"give the file that offers it with --plugin {source}"
    if not release:
        return f"the package '{source}' is not installed"
    return f"pip install '{source}=={release}'"
