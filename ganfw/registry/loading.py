"""Loading one plugin: import it, check its hook, call it, check what it offers.

Whatever a plugin does wrong is kept in its record and does not affect the others.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pluggy

from ..errors import PluginError, reason_of
from . import hookspecs
from .component import API, OLDEST_API, Component

HOOK = "ganfw_components"
_HEAVY = ("torch", "pydantic")


@dataclass(frozen=True)
class PluginFailure:
    """Why a plugin is left out: the phase (import, registration, hook or offer), the error in one
    line, and the whole traceback."""

    phase: str
    error: str
    traceback: str


@dataclass(frozen=True)
class PluginRecord:
    """A plugin that was found, and what became of it.

    ``seconds`` is the time that its import and hook took; ``heavy`` the heavy libraries that it
    was the first to import; ``printed`` what it wrote to stdout, which is kept off the terminal.
    """

    distribution: str
    version: str
    entry_point: str
    components: int
    seconds: float
    heavy: tuple[str, ...]
    printed: str
    failure: PluginFailure | None

    def __str__(self) -> str:
        """The one line that commands print about a plugin that failed."""
        name = f"plugin '{self.entry_point}' of {self.distribution} {self.version}"
        if self.failure is None:
            return name
        return f"{name} is left out: {self.failure.phase} failed: {self.failure.error}"


def load_plugin(
    distribution: str,
    version: str,
    entry_point: str,
    load: Callable[[], Any],
    taken: Iterable[tuple[str, str]],
) -> tuple[PluginRecord, list[Component]]:
    """Load one plugin with ``load()``; its record and its components, none if it failed.

    ``taken`` are the (kind, name) pairs that its distribution already offers.
    """
    failure, components, phase = None, [], "import"
    before, printed, began = set(sys.modules), io.StringIO(), time.perf_counter()
    with contextlib.redirect_stdout(printed):
        try:
            plugin = load()
            phase = "registration"
            hook = _hook_of(plugin)
            phase = "hook"
            offered = _as_list(hook())
            phase = "offer"
            components = _checked(offered, taken)
        except (Exception, SystemExit) as error:
            failure = PluginFailure(phase, in_one_line(error), traceback.format_exc())
    record = PluginRecord(
        distribution,
        version,
        entry_point,
        len(components),
        time.perf_counter() - began,
        tuple(name for name in _HEAVY if name in sys.modules and name not in before),
        printed.getvalue(),
        failure,
    )
    return record, components


def in_one_line(error: BaseException) -> str:
    """``NameError: … (plugin.py, line 3)``: the type, the message, and where it was raised."""
    text = reason_of(error)
    if isinstance(error, PluginError):
        return text
    place = "" if isinstance(error, SyntaxError) else _raised_at(error.__traceback__)
    return f"{type(error).__name__}: {text}{f' ({place})' if place else ''}"


_NOT_THEIRS = (str(Path(__file__).parent) + os.sep, str(Path(pluggy.__file__).parent), "<frozen ")


def _raised_at(trace: TracebackType | None) -> str:
    """The innermost line of the plugin's own code, if the import reached it."""
    for frame in reversed(traceback.extract_tb(trace)):
        if not frame.filename.startswith(_NOT_THEIRS) and "importlib" not in frame.filename:
            return f"{frame.filename}, line {frame.lineno}"
    return ""


def _hook_of(plugin: Any) -> Callable[[], list[Any]]:
    """The plugin's hook, once pluggy has checked it against its specification."""
    _check_api(getattr(plugin, "GANFW_API", OLDEST_API))
    manager = pluggy.PluginManager("ganfw")
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"it marks an unknown hook; the one hook is {HOOK} ({error})") from None
    if not manager.hook.ganfw_components.get_hookimpls():
        has = f"its {HOOK} is not" if hasattr(plugin, HOOK) else f"it has no function {HOOK}"
        raise PluginError(f"{has} marked with @ganfw.hookimpl")
    # Called through pluggy, so that plugins still work when the hook gets an argument.
    return manager.hook.ganfw_components


def _check_api(declared: object) -> None:
    if type(declared) is not int:
        raise PluginError(f"GANFW_API must be a whole number, not {declared!r}")
    if not OLDEST_API <= declared <= API:
        older = "the plugin" if declared < OLDEST_API else "ganfw"
        raise PluginError(
            f"it is written for plugin API {declared}, this ganfw knows {OLDEST_API} to {API}: "
            f"update {older}"
        )


def _as_list(results: list[Any]) -> list[Any]:
    """What the hook returned; pluggy leaves out a None."""
    returned = results[0] if results else None
    if not isinstance(returned, Iterable):
        raise TypeError(f"{HOOK} returned {returned!r}; it must return a list of components")
    return list(returned)


def _checked(offered: list[Any], taken: Iterable[tuple[str, str]]) -> list[Component]:
    known = set(taken)
    for component in offered:
        if not isinstance(component, Component):
            raise TypeError(f"{HOOK} returned {component!r}, which is no ganfw.Component")
        kind, name = component.kind, component.name
        if (kind, name) in known:
            raise ValueError(f"its distribution offers the {kind} '{name}' twice")
        known.add((kind, name))
    return offered
