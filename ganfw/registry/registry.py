"""Registry: every component that was found, by kind and name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ..errors import PluginError, UsageError, did_you_mean
from .component import KINDS, SLOT_OF, Component
from .loading import PluginRecord, in_one_line
from .plugin_file import PluginFile
from .source import HOME, SESSION, Source


@dataclass(frozen=True)
class Registered:
    """A component and where it came from."""

    component: Component
    source: Source

    @property
    def name(self) -> str:
        return self.component.name

    @property
    def canonical(self) -> str:
        """The name that stays unique whatever else is installed, such as ``ganfw/dcgan``."""
        return f"{self.source.name}/{self.name}"

    @property
    def label(self) -> str:
        """How errors name it, such as ``generator 'dcgan'``."""
        return f"{self.component.kind} '{self.name}'"

    def load(self) -> Any:
        """Import and return what the component's target names. Raises PluginError."""
        return self._import(self.component.target)

    def load_options(self) -> Any:
        """Import and return the component's options class. Raises PluginError."""
        from ..interfaces.options import Options

        if self.component.options is None:
            return Options
        options = self._import(self.component.options)
        if not (isinstance(options, type) and issubclass(options, Options)):
            raise PluginError(
                f"{self.label} of {self.source} is broken: its options "
                f"'{self.component.options}' are no subclass of ganfw.Options"
            )
        return options

    def _import(self, target: str) -> Any:
        try:
            return self.source.load(target)
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"{self.label} of {self.source} is broken: '{target}' can't be loaded: "
                f"{in_one_line(error)}"
            ) from error


class Registry:
    """Components by kind and name, every plugin that was found, and the plugin files among them."""

    def __init__(self) -> None:
        self.plugins: list[PluginRecord] = []
        self.files: dict[str, PluginFile] = {}
        self._found: dict[tuple[str, str], list[Registered]] = {}

    @property
    def broken(self) -> list[PluginRecord]:
        """The plugins that are left out."""
        return [each for each in self.plugins if each.failure is not None]

    def add(self, component: Component, source: Source) -> None:
        """Register ``component``. Raises ValueError if its source already has one like it."""
        others = self._found.setdefault((component.kind, component.name), [])
        if any(other.source.name == source.name for other in others):
            raise ValueError(f"{source.name} offers two {component.kind}s named {component.name}")
        others.append(Registered(component, source))

    def file(self, name: str) -> PluginFile | None:
        """The plugin file of this name, if it was given."""
        return self.files.get(name)

    def offered_by(self, source: str) -> set[tuple[str, str]]:
        """The (kind, name) pairs that the source of this name offers."""
        found = [each for each in self.components() if each.source.name == source]
        return {(each.component.kind, each.name) for each in found}

    def shadowed(self, registered: Registered) -> bool:
        """Whether the bare name of ``registered`` means another component, or is ambiguous."""
        group = self._found[registered.component.kind, registered.name]
        return len(group) > 1 and registered.source.name != HOME

    def shortest_name(self, registered: Registered) -> str:
        """The bare name, or the canonical one if the bare name would not find ``registered``."""
        return registered.canonical if self.shadowed(registered) else registered.name

    def components(self, kind: str | None = None) -> list[Registered]:
        """Every component, or those of one kind, in the order of `KINDS` and then by name."""
        found = [each for group in self._found.values() for each in group]
        chosen = [each for each in found if kind in (None, each.component.kind)]
        return sorted(chosen, key=lambda e: (KINDS.index(e.component.kind), e.name, e.source.name))

    def has(self, kind: str, name: str) -> bool:
        """Whether ``name`` names at least one component of this kind."""
        return bool(self._matches(kind, name))

    def find(self, kind: str, name: str) -> Registered:
        """The component that ``name``, bare or canonical, means.

        A bare name that several distributions offer means ours if we offer it. Raises UsageError
        for an unknown kind or name, with the nearest known one, and for an ambiguous name.
        """
        if kind not in KINDS:
            hint = did_you_mean(kind, (*KINDS, *SLOT_OF.values()))
            raise UsageError(f"no kind of component '{kind}'{hint}")
        matches = self._matches(kind, name)
        ours = [each for each in matches if each.source.name == HOME]
        if len(matches) == 1 or ours:
            return (ours or matches)[0]
        if matches:
            names = " or ".join(f"'{each.canonical}'" for each in matches)
            raise UsageError(f"{kind} '{name}' is offered more than once: say {names}")
        raise UsageError(f"no {kind} '{name}'{self._hint(kind, name)}")

    def _matches(self, kind: str, name: str) -> list[Registered]:
        source, _, bare = name.rpartition("/")
        group = self._found.get((kind, bare), [])
        return [each for each in group if not source or each.source.name == source]

    def _hint(self, kind: str, name: str) -> str:
        if kind == "dataset" and (said := _no_folder(name)):
            return said
        source, _, bare = name.rpartition("/")
        for broken in self.broken:
            if broken.distribution == source:
                return f": {broken}"
        known = self.components(kind)
        if source and source not in {each.source.name for each in self.components()}:
            return _absent(source)
        own = [each.name for each in known if not source or each.source.name == source]
        return did_you_mean(bare, own) or f"; there are {', '.join(own) or 'none'}"


def _no_folder(name: str) -> str:
    """What keeps a dataset's name that can only be a path from being a folder of pictures; nothing
    for any other name."""
    if "/" in name and os.path.isfile(name):  # noqa: PTH113 - it takes names of any length
        return ": it is a file, and a folder of pictures is needed"
    return ": there is no such folder" if name.endswith("/") or name.count("/") > 1 else ""


def _absent(source: str) -> str:
    if source == SESSION:
        return ": it was registered in a session: register it again with @ganfw.register"
    if source.endswith(".py"):
        return f": give the file it came with, --plugin {source}"
    return f": the package '{source}' that offered it is not installed"
