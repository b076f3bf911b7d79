"""A plugin in a single file, as ``--plugin FILE`` names it: no packaging."""

from __future__ import annotations

import contextlib
import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ..errors import UsageError
from ..storage.cache import PLUGIN_FILES, cache_folder

FILE_PREFIX = "_ganfw_file_"
"""The start of the module names that plugin files are imported under."""


@dataclass(frozen=True)
class PluginFile:
    """A plugin file as it was read: this content is what is run, copied and hashed."""

    path: Path
    content: bytes

    @property
    def name(self) -> str:
        """The name its components are known under, such as ``my_loss.py``."""
        return self.path.name

    @property
    def module_name(self) -> str:
        """What a target calls the file itself: ``my_loss`` for ``my-loss.py``."""
        return re.sub(r"\W", "_", self.path.stem)

    @property
    def sha256(self) -> str:
        """The hex digest of the content."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def shown(self) -> str:
        """The path as a user would type it here."""
        here = Path.cwd()
        inside = self.path.is_relative_to(here)
        return f"./{self.path.relative_to(here).as_posix()}" if inside else str(self.path)

    def run(self) -> ModuleType:
        """The file's code as a module; run once per process for the same content.

        Its module name is unique, so that no file can hide an installed module.
        """
        name = f"{FILE_PREFIX}{self.module_name}_{self.sha256[:12]}"
        if name not in sys.modules:
            module = sys.modules[name] = ModuleType(name)
            module.__file__ = str(self.path)
            try:
                exec(compile(self.content, str(self.path), "exec"), module.__dict__)
            except BaseException:
                del sys.modules[name]
                raise
        return sys.modules[name]


def read_plugin_file(path: Path) -> PluginFile:
    """The plugin file at ``path``. Raises UsageError if it can't be read as one."""
    if path.suffix != ".py":
        raise UsageError(f"--plugin {path}: a plugin file is a Python file, such as my_loss.py")
    try:
        return PluginFile(path.absolute(), path.read_bytes())
    except OSError as error:
        raise UsageError(f"--plugin {path}: {error.strerror}") from None


def remember(file: PluginFile) -> None:
    """Note that the user has named ``file``. If that can't be written, they are asked again."""
    place = cache_folder(PLUGIN_FILES, file.sha256)
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()


def is_known(file: PluginFile) -> bool:
    """Whether the user has named a file with this content before."""
    return cache_folder(PLUGIN_FILES, file.sha256).exists()
