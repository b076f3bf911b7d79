"""Finding plugins: the entry points in group ``ganfw`` of every installed distribution.

pluggy's own loader skips a name already taken and ends the program at the first broken plugin, so
each entry point is loaded, registered and called here, apart from the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Any

import pluggy

from . import hookspecs
from .component import API, Component
from .errors import PluginError
from .registry import BrokenPlugin, Registry

GROUP = "ganfw"


def discover() -> Registry:
    """Register every installed plugin's components; what fails is kept apart in ``broken``.

    ``GANFW_PLUGINS=a,b`` takes only these distributions or entry points, besides our own;
    ``GANFW_DISABLE_PLUGINS=1`` only our own; ``GANFW_STRICT_PLUGINS=1`` raises PluginError for
    the first broken plugin.
    """
    registry = Registry()
    for distribution, entry_point in _wanted():
        name = distribution.name
        try:
            phase = "import"
            plugin = entry_point.load()
            phase = "registration"
            hook = _register(plugin, f"{name}:{entry_point.name}")
            phase = "hook"
            offered = list(hook())
            phase = "offer"
            _add_all(registry, offered, distribution)
        except (Exception, SystemExit) as error:
            broken = BrokenPlugin(
                name, entry_point.name, phase, f"{type(error).__name__}: {error}".splitlines()[0]
            )
            if _is_on("GANFW_STRICT_PLUGINS"):
                raise PluginError(f"{broken} (GANFW_STRICT_PLUGINS is on)") from error
            registry.broken.append(broken)
    return registry


def _wanted() -> Iterator[tuple[Distribution, EntryPoint]]:
    """Each plugin once, ours first; a distribution found twice on the path counts once."""
    chosen = {word.strip() for word in os.environ.get("GANFW_PLUGINS", "").split(",")} - {""}
    seen: set[str] = set()
    found: list[tuple[Distribution, EntryPoint]] = []
    for distribution in distributions():
        entry_points = [each for each in distribution.entry_points if each.group == GROUP]
        if not entry_points or distribution.name in seen:
            continue
        seen.add(distribution.name)
        found += [(distribution, each) for each in entry_points]
    for distribution, entry_point in sorted(found, key=_ours_first):
        ours = distribution.name == GROUP
        named = not chosen or {distribution.name, entry_point.name} & chosen
        if ours or (named and not _is_on("GANFW_DISABLE_PLUGINS")):
            yield distribution, entry_point


def _ours_first(found: tuple[Distribution, EntryPoint]) -> tuple[bool, str, str]:
    distribution, entry_point = found
    return (distribution.name != GROUP, distribution.name, entry_point.name)


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")


def _register(plugin: Any, name: str) -> Any:
    """Check the plugin against the hook's specification; return its implementation."""
    declared = getattr(plugin, "GANFW_API", API)
    if declared != API:
        raise PluginError(f"it is written for plugin API {declared}, this ganfw has API {API}")
    manager = pluggy.PluginManager("ganfw")
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, name=name)
    manager.check_pending()
    implementations = manager.hook.ganfw_components.get_hookimpls()
    if not implementations:
        raise PluginError("it has no function ganfw_components marked with @ganfw.hookimpl")
    return implementations[0].function


def _add_all(registry: Registry, offered: list[Any], distribution: Distribution) -> None:
    for component in offered:
        if not isinstance(component, Component):
            raise TypeError(f"ganfw_components gave {component!r}, which is no ganfw.Component")
    for component in offered:
        registry.add(component, distribution.name, distribution.version)
