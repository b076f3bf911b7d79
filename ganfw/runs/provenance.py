"""Where a run came from: enough to do it again a year later."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from ..config.run_config import RunConfig

FORMAT = 1
_LIBRARIES = ("ganfw", "torch", "numpy", "pillow", "safetensors", "pydantic", "pluggy")


def describe_run(
    config: RunConfig,
    fingerprint: str,
    examples: int,
    device: torch.device,
    argv: Sequence[str],
    plugin_files: Sequence[Mapping[str, str]],
    processes: int = 1,
) -> dict[str, Any]:
    """The record written to ``provenance.json``, as JSON values."""
    return {
        "format": FORMAT,
        "argv": list(argv),
        "started": _now(),
        "seed": config.train.seed,
        "data": {
            "trained_on": config.data.use,
            "asked": config.asked or config.data.use,
            "fingerprint": fingerprint,
            "examples": examples,
        },
        "components": _components(config),
        "origins": dict(config.origins),
        "plugin_files": list(plugin_files),
        "versions": _versions(config),
        "machine": {
            "device": str(device),
            "device_name": _device_name(device),
            "threads": torch.get_num_threads(),
            "processes": processes,
            "platform": platform.platform(),
            "python": platform.python_version(),
            "cuda": torch.version.cuda if device.type == "cuda" else None,
        },
        "resumed": [],
    }


def add_resumption(
    record: Mapping[str, Any],
    step: int,
    argv: Sequence[str],
    config: RunConfig,
    plugin_files: Sequence[Mapping[str, str]],
    saved: str,
) -> dict[str, Any]:
    """``record`` with one more resumption, from ``step``, and with the plugin files used now.

    It tells the versions that are not those the run began with, and the hashes of replaced files.
    What came from ``saved``, the run's own config, has the origin that it had; what did not was
    set on resuming.
    """
    before = record.get("plugin_files", [])
    known = record["versions"]
    changed = {name: now for name, now in _versions(config).items() if known.get(name) != now}
    entry = {"when": _now(), "from_step": step, "argv": list(argv), "versions": changed}
    if [each["sha256"] for each in before] != [each["sha256"] for each in plugin_files]:
        entry["plugin_files_before"] = before
    renewed = {
        "origins": _renewed_origins(record.get("origins", {}), config, saved, step),
        "plugin_files": list(plugin_files),
        "resumed": [*record["resumed"], entry],
    }
    return {**{key: each for key, each in record.items() if key != "ended"}, **renewed}


def add_end(
    record: Mapping[str, Any],
    step: int,
    stopped: str | None = None,
    failed: Exception | None = None,
) -> dict[str, Any]:
    """``record`` with how the run ended after ``step``: of itself, or ``stopped`` by someone, or
    ``failed`` by an error."""
    ended: dict[str, Any] = {"when": _now(), "step": step, "stopped": stopped}
    if failed is not None:
        ended["failed"] = str(failed).partition("\n")[0] or type(failed).__name__
    return {**record, "ended": ended}


def to_json(record: Mapping[str, Any]) -> str:
    """The record as it is written."""
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def _components(config: RunConfig) -> list[dict[str, Any]]:
    return [
        {
            "slot": component.slot,
            "name": component.registered.canonical,
            "version": component.registered.component.version,
        }
        for component in config.component_configs
    ]


def _renewed_origins(
    before: Mapping[str, str], config: RunConfig, saved: str, step: int
) -> dict[str, str]:
    kept = {path: before[path] for path, source in config.origins.items()
            if source == saved and path in before}  # fmt: skip
    new = {
        path: f"{source}, on resuming after step {step}"
        for path, source in config.origins.items()
        if source != saved
    }
    return kept | new


def _versions(config: RunConfig) -> dict[str, str]:
    plugins = {each.source.name: each.source.version for each in config.components}
    libraries = {name: found for name in _LIBRARIES if (found := _version(name))}
    return {**libraries, **plugins}


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def command_line() -> list[str]:
    """What this process was started with, for the run's provenance."""
    return [Path(sys.argv[0]).name, *sys.argv[1:]]
