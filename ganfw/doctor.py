"""What ganfw finds on this machine: versions, devices, plugins, the cache, and what is wrong."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from .config.recipes import recipe_text
from .errors import PluginError, reason_of
from .registry.discovery import installed_plugins
from .registry.loading import PluginRecord
from .registry.registry import Registry
from .registry.undeclared import undeclared_entry_points
from .runtime.libraries import BrokenLibrary, broken_libraries
from .storage import cache_contents
from .storage.cache import cache_folder
from .storage.cache_contents import LEFTOVER

if TYPE_CHECKING:
    import torch

SLOW_SECONDS = 0.2
"""A plugin that takes longer than this to list is named."""


@dataclass(frozen=True)
class Finding:
    """Something to know (``note``) or to fix (``problem``), and what to do about it."""

    level: str
    text: str
    advice: str


@dataclass(frozen=True)
class DeviceCheck:
    """A device, how long a small step of a GAN took on it, or why it failed; and how many times as
    fast as in float32 it convolves in bfloat16."""

    device: str
    name: str
    milliseconds: float | None
    error: str | None
    bf16: float | None = None


@dataclass(frozen=True)
class CacheCheck:
    """The cache folder, what it holds, how much of that killed processes left half written, and
    whether it can be written to."""

    path: str
    bytes: int
    leftover_bytes: int
    writable: bool


@dataclass
class Report:
    """All that ``ganfw doctor`` prints."""

    versions: dict[str, str]
    devices: list[DeviceCheck]
    plugins: list[PluginRecord]
    cache: CacheCheck
    findings: list[Finding] = field(default_factory=list)
    unusable: bool = False
    """Whether a library that every run needs can't be imported."""

    @property
    def problems(self) -> list[Finding]:
        """The findings that need fixing."""
        return [finding for finding in self.findings if finding.level == "problem"]


def examine(registry: Registry, project: Path) -> Report:
    """Look at everything. ``project`` is a folder whose pyproject.toml may declare a plugin."""
    # To list a plugin file is to import all of it.
    installed = [plugin for plugin in registry.plugins if plugin.distribution not in registry.files]
    broken = broken_libraries()
    findings = [
        *map(_about_library, broken),
        *(finding for plugin in installed for finding in _about_plugin(plugin)),
        *_twice_installed(),
        *_shared_names(registry),
        *([] if broken else _unloadable(registry)),
        *_undeclared(project),
    ]
    devices = [] if broken else [_try_device(name) for name in _devices()]
    cache = _check_cache(cache_folder())
    findings += [_about_device(device) for device in devices if device.error]
    findings += [] if broken else _about_cores()
    findings += _about_cache(cache)
    return Report(_versions(broken), devices, registry.plugins, cache, findings, bool(broken))


def _about_library(broken: BrokenLibrary) -> Finding:
    text = f"{broken.name} can't be imported: {broken.reason}"
    return Finding("problem", text, f"no run is possible; {broken.advice}")


def _about_plugin(record: PluginRecord) -> list[Finding]:
    name = f"plugin '{record.entry_point}' of {record.distribution} {record.version}"
    found = []
    if record.failure is not None:
        advice = f"fix it, update it, or pip uninstall {record.distribution}"
        found.append(Finding("problem", str(record), advice))
    slow, milliseconds = "", f"{record.seconds * 1e3:.0f} ms"
    if "torch" in record.heavy:
        slow = f"{name} imports torch when it is listed ({milliseconds})"
    elif record.seconds > SLOW_SECONDS:
        slow = f"{name} takes {milliseconds} to list"
    if slow:
        found.append(Finding("note", slow, "its __init__ should name targets and import nothing"))
    if record.printed:
        line = record.printed.strip().partition("\n")[0][:60]
        found.append(Finding("note", f"{name} prints when listed: {line!r}", "tell its author"))
    return found


def _twice_installed() -> list[Finding]:
    first: dict[str, tuple[str, Path]] = {}
    found = []
    for plugin in installed_plugins():
        if plugin.name not in first:
            first[plugin.name] = (plugin.version, plugin.folder)
            continue
        version, folder = first[plugin.name]
        if folder != plugin.folder:
            text = (
                f"{plugin.name} is on the path twice: {version} in {folder} is used, "
                f"{plugin.version} in {plugin.folder} is not"
            )
            found.append(Finding("problem", text, "remove the one you don't mean"))
    return found


def _shared_names(registry: Registry) -> list[Finding]:
    return [
        Finding(
            "note",
            f"the {component.label} of {component.source} shares its name with another",
            f"say '{component.canonical}'",
        )
        for component in registry.components()
        if registry.shadowed(component)
    ]


def _unloadable(registry: Registry) -> list[Finding]:
    found = []
    for component in registry.components():
        try:
            component.load_options()
            if component.component.kind == "recipe":
                recipe_text(component)
            else:
                component.load()
        except PluginError as error:
            found.append(Finding("problem", str(error), f"tell the authors of {component.source}"))
    return found


def _undeclared(project: Path) -> list[Finding]:
    return [
        Finding(
            "problem",
            f"{plugin.pyproject} declares {', '.join(plugin.names)}, which the installed metadata "
            f"of {plugin.distribution} lacks",
            f"pip install -e {plugin.pyproject.parent}",
        )
        for plugin in undeclared_entry_points(project)
    ]


def _devices() -> list[str]:
    import torch

    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return ["cpu", *cuda, *(["mps"] if torch.backends.mps.is_available() else [])]


def _try_device(name: str) -> DeviceCheck:
    """Train two small steps: the first may load kernels, the second is timed."""
    import torch

    from .runtime.precision import bf16_speed
    from .testing.toys import toy_step

    device = torch.device(name)
    try:
        step = toy_step(device)
        step()
        began = time.perf_counter()
        step()
        milliseconds = (time.perf_counter() - began) * 1e3
        return DeviceCheck(name, _name_of(device), milliseconds, None, bf16_speed(device))
    except RuntimeError as error:
        return DeviceCheck(name, "", None, reason_of(error))


def _name_of(device: torch.device) -> str:
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{os.cpu_count()} × {platform.machine()}" if device.type == "cpu" else "Metal"


def _about_device(check: DeviceCheck) -> Finding:
    text = f"a small step on {check.device} fails: {check.error}"
    return Finding("problem", text, "check the driver and the torch build, or give --device cpu")


def _about_cores() -> list[Finding]:
    from .runtime.threads import busy_cores

    busy = busy_cores()
    if not busy:
        return []
    text = f"other programs keep {busy} of the cores busy that torch computes on"
    return [Finding("note", text, "end them, or set OMP_NUM_THREADS to what is left")]


def _check_cache(path: Path) -> CacheCheck:
    leftovers = [entry for entry in cache_contents.entries() if entry.kind == LEFTOVER]
    nearest = next(folder for folder in (path, *path.parents) if folder.exists())
    return CacheCheck(
        str(path),
        cache_contents.size(path),
        sum(entry.bytes for entry in leftovers),
        nearest.is_dir() and os.access(nearest, os.W_OK),
    )


def _about_cache(cache: CacheCheck) -> list[Finding]:
    found = []
    if not cache.writable:
        advice = "make it writable, or name another folder in GANFW_CACHE"
        found.append(Finding("problem", f"{cache.path} can't be written", advice))
    if cache.leftover_bytes:
        size = f"{cache.leftover_bytes / 2**10:.1f} KiB"
        text = f"killed processes left {size} half written in {cache.path}"
        found.append(Finding("note", text, "ganfw cache prune"))
    return found


def _versions(broken: Sequence[BrokenLibrary]) -> dict[str, str]:
    versions = {
        "ganfw": version("ganfw"),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    if broken:
        return versions | {library.name: "can't be imported" for library in broken}
    import torch

    return versions | {"torch": torch.__version__, "cuda": torch.version.cuda or "none"}
