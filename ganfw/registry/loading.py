"""Loading one plugin: import it, check its hook, call it, check what it offers.

Whatever a plugin does wrong is kept in its record, apart from all others.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pluggy

from ..errors import PluginError
from . import hookspecs
from .component import API, OLDEST_API, Component

HOOK = "ganfw_components"


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

    ``seconds`` is the time its import and hook took; ``heavy`` the heavy libraries it was the
    first to import; ``printed`` what it wrote to stdout meanwhile, which is kept off the terminal.
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
        """The one line that commands print of a plugin that failed."""
        name = f"plugin '{self.entry_point}' of {self.distribution} {self.version}"
        if self.failure is None:
            return name
        return f"{name} is left out: {self.failure.phase} failed: {self.failure.error}"


_HEAVY = ("torch", "pydantic")

Taken = Container[tuple[str, str]]


def load_plugin(
    distribution: str, version: str, entry_point: str, load: Callable[[], Any], taken: Taken
) -> tuple[PluginRecord, list[Component]]:
    """Load one plugin with ``load()``; its record, and what it offers, nothing if it failed.

    ``taken`` holds the (kind, name) pairs that its distribution already offers.
    """
    failure, offered, phase = None, [], "import"
    before, printed, began = set(sys.modules), io.StringIO(), time.perf_counter()
    with contextlib.redirect_stdout(printed):
        try:
            plugin = load()
            phase = "registration"
            hook = _hook_of(plugin)
            phase = "hook"
            offered = _as_list(hook())
            phase = "offer"
            _check_offer(offered, taken)
        except (Exception, SystemExit) as error:
            offered = []
            failure = PluginFailure(phase, in_one_line(error), traceback.format_exc())
    record = PluginRecord(
        distribution,
        version,
        entry_point,
        len(offered),
        time.perf_counter() - began,
        tuple(name for name in _HEAVY if name in sys.modules and name not in before),
        printed.getvalue(),
        failure,
    )
    return record, offered


def in_one_line(error: BaseException) -> str:
    """``NameError: … (plugin.py, line 3)``: the type, the message, and where it was raised."""
    text = " ".join(str(error).split())
    text = text if len(text) <= 300 else text[:297] + "..."
    if isinstance(error, PluginError):
        return text
    place = "" if isinstance(error, SyntaxError) else _raised_at(error.__traceback__)
    return f"{type(error).__name__}: {text}{f' ({place})' if place else ''}"


_NOT_THEIRS = (str(Path(__file__).parent) + os.sep, str(Path(pluggy.__file__).parent), "<frozen ")


def _raised_at(trace: TracebackType | None) -> str:
    """The innermost line of the plugin's own code; nothing where the import never reached it."""
    frames = [
        each
        for each in traceback.extract_tb(trace)
        if not each.filename.startswith(_NOT_THEIRS) and "importlib" not in each.filename
    ]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else ""


def _hook_of(plugin: Any) -> Callable[[], Any]:
    """The plugin's hook, once pluggy has checked it against its specification."""
    _check_api(plugin)
    manager = pluggy.PluginManager("ganfw")
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"it marks an unknown hook; the one hook is {HOOK} ({error})") from None
    if not manager.hook.ganfw_components.get_hookimpls():
        forgot = callable(getattr(plugin, HOOK, None))
        has = f"its {HOOK} is not" if forgot else f"it has no function {HOOK}"
        raise PluginError(f"{has} marked with @ganfw.hookimpl")
    # Called by pluggy, so that a plugin goes on working when the hook is given an argument.
    return manager.hook.ganfw_components


def _check_api(plugin: Any) -> None:
    declared = getattr(plugin, "GANFW_API", OLDEST_API)
    if isinstance(declared, bool) or not isinstance(declared, int):
        raise PluginError(f"GANFW_API must be a whole number, not {declared!r}")
    if declared > API:
        raise PluginError(
            f"it is written for plugin API {declared}, this ganfw speaks {API}: update ganfw"
        )
    if declared < OLDEST_API:
        raise PluginError(
            f"it is written for plugin API {declared}, this ganfw speaks {OLDEST_API} to {API}: "
            "update the plugin"
        )


def _as_list(results: list[Any]) -> list[Any]:
    """What the hook gave; pluggy passes over a None."""
    if len(results) != 1:
        raise TypeError(f"{HOOK} gave None; it gives a list of components")
    if isinstance(results[0], Component):
        raise TypeError(f"{HOOK} gave a bare component; it gives a list of them")
    try:
        return list(results[0])
    except TypeError:
        if not hasattr(results[0], "__iter__"):
            raise TypeError(f"{HOOK} gave {results[0]!r}; it gives a list of components") from None
        raise


def _check_offer(offered: list[Any], taken: Taken) -> None:
    for component in offered:
        if not isinstance(component, Component):
            raise TypeError(f"{HOOK} gave {component!r}, which is no ganfw.Component")
    names = Counter((component.kind, component.name) for component in offered)
    for (kind, name), count in names.items():
        if count > 1 or (kind, name) in taken:
            raise ValueError(f"its distribution offers the {kind} '{name}' twice")
