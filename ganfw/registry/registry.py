"""Registry: every component that was found, by kind and name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ..errors import PluginError, UsageError, did_you_mean
from .component import KINDS, OPTIMIZER, SLOT_OF, Component
from .loading import PluginRecord, in_one_line
from .plugin_file import PluginFile
from .source import HOME, Source, how_to_get

ANY = "USER/NAME"
"""A preset that stands for all names of this form."""

_FILES = {".py": "--plugin {}, and what it offers by its name", ".toml": "--config {}"}


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

    @property
    def tags(self) -> tuple[str, ...]:
        """The component's tags, each as one word: ``small-data``."""
        return tuple(map(tag_word, self.component.tags))

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
        return [plugin for plugin in self.plugins if plugin.failure is not None]

    def broken_plugin(self, source: str) -> PluginRecord | None:
        """A broken plugin of the distribution ``source``, if there is one."""
        return next((plugin for plugin in self.broken if plugin.distribution == source), None)

    def add(self, component: Component, source: Source) -> None:
        """Register ``component``, of which ``source`` offers no other by this kind and name."""
        group = self._found.setdefault((component.kind, component.name), [])
        group.append(Registered(component, source))

    def offered_by(self, source: str) -> set[tuple[str, str]]:
        """The (kind, name) pairs that the source of this name offers."""
        return {
            (registered.component.kind, registered.name)
            for registered in self.components()
            if registered.source.name == source
        }

    def shadowed(self, registered: Registered) -> bool:
        """Whether the bare name of ``registered`` means another component, or is ambiguous."""
        group = self._found[registered.component.kind, registered.name]
        return len(group) > 1 and registered.source.name != HOME

    def shortest_name(self, registered: Registered) -> str:
        """The bare name, or the canonical one if the bare name would not find ``registered``."""
        return registered.canonical if self.shadowed(registered) else registered.name

    def components(self, kind: str | None = None) -> list[Registered]:
        """Every component, or those of one kind, in the order of `KINDS` and then by name."""
        found = [registered for group in self._found.values() for registered in group]
        chosen = [registered for registered in found if kind in (None, registered.component.kind)]
        return sorted(chosen, key=_order)

    def tags(self) -> list[str]:
        """Every tag that some component has, as one word each, in order."""
        return sorted({tag for registered in self.components() for tag in registered.tags})

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
        if not matches:
            raise UsageError(f"no {kind} '{name}'{self._hint(kind, name)}")
        ours = [match for match in matches if match.source.name == HOME]
        if len(matches) > 1 and not ours:
            names = " or ".join(f"'{match.canonical}'" for match in matches)
            raise UsageError(f"{kind} '{name}' is offered more than once: write {names}")
        return (ours or matches)[0]

    def preset_hint(self, kind: str, name: str) -> str:
        """What to write for ``name``, where a component of this kind knows it, or nothing."""
        slot = SLOT_OF.get(kind, kind)
        for registered in self.components(kind):
            for preset, options in registered.component.presets.items():
                if _plain(preset) == _plain(name) or (preset == ANY and _is_any(name)):
                    settings = [
                        f" -s {slot}.{key}={name if value == ANY else value}"
                        for key, value in options.items()
                    ]
                    use = self.shortest_name(registered)
                    return f": write --{slot} {use}{''.join(settings)}"
        return ""

    def elsewhere(self, name: str) -> str:
        """Which components of other kinds bear the name that was not found, or nothing."""
        kinds = [kind for kind in KINDS if self.has(kind, name)]
        flags = [f"--{SLOT_OF.get(kind, kind)} {name}" for kind in kinds if kind != OPTIMIZER]
        return f"; the {kinds[0]} of that name is given with {' or '.join(flags)}" if flags else ""

    def _matches(self, kind: str, name: str) -> list[Registered]:
        source, _, bare = name.rpartition("/")
        group = self._found.get((kind, bare), [])
        return [match for match in group if source in ("", match.source.name)]

    def _hint(self, kind: str, name: str) -> str:
        if kind == "dataset" and (reason := _no_folder(name)):
            return reason
        if advice := _FILES.get(PurePath(name).suffix):
            return f": a file is given with {advice.format(name)}"
        source, _, bare = name.rpartition("/")
        if broken := self.broken_plugin(source):
            return f": {broken}"
        if source and not self.offered_by(source):
            hint = self.preset_hint(kind, name).replace(": write", "; for one of the hub write")
            return f": {how_to_get(source)}{hint}"
        if {",", " "} & set(name.strip()) and kind not in ("dataset", "generator", "discriminator"):
            flags = [f"--{SLOT_OF.get(kind, kind)} {word}" for word in re.split(r"[,\s]+", name)]
            return f": several are given one by one: {' '.join(flags)}"
        known = self.components(kind)
        names = [match.name for match in known if source in ("", match.source.name)]
        if hint := self.preset_hint(kind, name) or self.elsewhere(name):
            return hint
        return did_you_mean(bare, names) or f"; there are {', '.join(names) or 'none'}"


def tag_word(tag: str) -> str:
    """``tag`` as it is typed on a command line."""
    return tag.lower().replace(" ", "-")


def _is_any(name: str) -> bool:
    return re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", name) is not None


def _plain(name: str) -> str:
    """As people may write it: CIFAR-10, cifar_10."""
    return "".join(filter(str.isalnum, name.lower()))


def _order(registered: Registered) -> tuple[int, str, str]:
    return KINDS.index(registered.component.kind), registered.name, registered.source.name


def _no_folder(name: str) -> str:
    """Why a dataset's name that can only be a path is no folder; else nothing."""
    return ": there is no such folder" if name.endswith("/") or name.count("/") > 1 else ""
