"""Registry: every component that was found, by kind and name."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .component import KINDS, SLOT_OF, Component
from .errors import PluginError, UsageError

HOME = "ganfw"
"""The distribution whose components keep their bare names."""


@dataclass(frozen=True)
class Registered:
    """A component and the distribution it came with."""

    component: Component
    distribution: str
    version: str

    @property
    def name(self) -> str:
        return self.component.name

    @property
    def canonical(self) -> str:
        """The name that stays unique whatever else is installed, such as ``ganfw/dcgan``."""
        return f"{self.distribution}/{self.name}"

    @property
    def label(self) -> str:
        """How errors name it, such as ``generator 'dcgan'``."""
        return f"{self.component.kind} '{self.name}'"

    def load(self) -> Any:
        """Import and return what the component's target names. Raises PluginError."""
        return _import(self, self.component.target)

    def load_options(self) -> Any:
        """Import and return the component's options class. Raises PluginError."""
        from .options import Options

        if self.component.options is None:
            return Options
        options = _import(self, self.component.options)
        if not (isinstance(options, type) and issubclass(options, Options)):
            raise PluginError(
                f"{self.label} of {self.distribution} {self.version} is broken: its options "
                f"'{self.component.options}' are no subclass of ganfw.Options"
            )
        return options


@dataclass(frozen=True)
class BrokenPlugin:
    """A plugin that was found but could not be registered, and in which phase it failed."""

    distribution: str
    entry_point: str
    phase: str
    error: str

    def __str__(self) -> str:
        return (
            f"plugin '{self.entry_point}' of {self.distribution} is left out: "
            f"{self.phase} failed: {self.error}"
        )


class Registry:
    """Components by kind and name, and the plugins that could not be had."""

    def __init__(self) -> None:
        self.broken: list[BrokenPlugin] = []
        self._found: dict[tuple[str, str], list[Registered]] = {}

    def add(self, component: Component, distribution: str, version: str) -> None:
        """Register ``component``. Raises ValueError if its distribution already has one like it."""
        others = self._found.setdefault((component.kind, component.name), [])
        if any(other.distribution == distribution for other in others):
            raise ValueError(f"{distribution} offers two {component.kind}s named {component.name}")
        others.append(Registered(component, distribution, version))

    def components(self, kind: str | None = None) -> list[Registered]:
        """Every component, or those of one kind, in the order of `KINDS` and then by name."""
        found = [each for group in self._found.values() for each in group]
        chosen = [each for each in found if kind in (None, each.component.kind)]
        return sorted(chosen, key=lambda e: (KINDS.index(e.component.kind), e.name, e.distribution))

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
        ours = [each for each in matches if each.distribution == HOME]
        if len(matches) == 1 or ours:
            return (ours or matches)[0]
        if matches:
            names = " or ".join(f"'{each.canonical}'" for each in matches)
            raise UsageError(f"{kind} '{name}' is offered more than once: say {names}")
        raise UsageError(f"no {kind} '{name}'{self._hint(kind, name)}")

    def _matches(self, kind: str, name: str) -> list[Registered]:
        distribution, _, bare = name.rpartition("/")
        group = self._found.get((kind, bare), [])
        return [each for each in group if not distribution or each.distribution == distribution]

    def _hint(self, kind: str, name: str) -> str:
        distribution, _, bare = name.rpartition("/")
        for broken in self.broken:
            if broken.distribution == distribution:
                return f": {broken}"
        known = [each.name for each in self.components(kind)]
        if distribution and distribution not in {each.distribution for each in self.components()}:
            return f": the package '{distribution}' that offered it is not installed"
        hint = did_you_mean(bare, known)
        return hint or f"; there are {', '.join(known) or 'none'}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``". Did you mean 'x'?"`` for the known word nearest to ``word``, or an empty string."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f". Did you mean '{near[0]}'?" if near else ""


def _import(registered: Registered, target: str) -> Any:
    module, _, name = target.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:
        raise PluginError(
            f"{registered.label} of {registered.distribution} {registered.version} is broken: "
            f"'{target}' can't be loaded: {type(error).__name__}: {error}"
        ) from error
