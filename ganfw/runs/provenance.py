"""How a run's provenance comes about: at its start, at each resumption, and at its end."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from ..config.run_config import RunConfig
from ..errors import reason_of
from .records import (
    RUN_FORMAT,
    ComponentRecord,
    DataRecord,
    End,
    MachineRecord,
    PluginFileRecord,
    Provenance,
    Resumption,
    StartRecord,
)

_LIBRARIES = ("ganfw", "torch", "numpy", "pillow", "safetensors", "pydantic", "pluggy")


def describe_run(
    config: RunConfig,
    fingerprint: str,
    examples: int,
    device: torch.device,
    argv: Sequence[str],
    plugin_files: Sequence[PluginFileRecord],
    processes: int = 1,
    started_from: StartRecord | None = None,
) -> Provenance:
    """The provenance of a run that starts now."""
    provenance = Provenance(
        format=RUN_FORMAT,
        argv=tuple(argv),
        started=_now(),
        seed=config.train.seed,
        data=DataRecord(
            trained_on=config.data.use,
            asked=config.asked or config.data.use,
            fingerprint=fingerprint,
            examples=examples,
        ),
        components=_components(config),
        origins=dict(config.origins),
        plugin_files=tuple(plugin_files),
        versions=_versions(config),
        machine=_machine(device, processes),
        resumed=(),
    )
    if started_from is None:
        return provenance
    return provenance.model_copy(update={"started_from": started_from})


def add_resumption(
    provenance: Provenance,
    step: int,
    argv: Sequence[str],
    config: RunConfig,
    plugin_files: Sequence[PluginFileRecord],
    saved: str,
    changed: Mapping[str, tuple[str, str]] | None = None,
) -> Provenance:
    """``provenance`` with one more resumption, from ``step``, and with the plugin files used now.

    The resumption names the versions that are not those the run began with, the number of threads
    if it is another than before, and the plugin files before it if they were others. What came from
    ``saved``, the run's own config, keeps its origin; all else was set on resuming.
    """
    versions = _versions(config).items()
    entry = Resumption(
        when=_now(),
        from_step=step,
        argv=tuple(argv),
        versions={name: now for name, now in versions if provenance.versions.get(name) != now},
    )
    if torch.get_num_threads() != threads_before(provenance):
        entry = entry.model_copy(update={"threads": torch.get_num_threads()})
    before = provenance.plugin_files
    if [file.sha256 for file in before] != [file.sha256 for file in plugin_files]:
        entry = entry.model_copy(update={"plugin_files_before": before})
    if changed:
        entry = entry.model_copy(update={"changes": dict(changed)})
    changes = {
        "components": _components(config),
        "origins": _renewed_origins(provenance.origins, config, saved, step),
        "plugin_files": tuple(plugin_files),
        "resumed": (*provenance.resumed, entry),
        "ended": None,
    }
    return provenance.model_copy(update=changes)


def threads_before(provenance: Provenance) -> int | None:
    """The threads that the run computed with when it was last trained, where that is known."""
    changed = [entry.threads for entry in provenance.resumed if entry.threads is not None]
    return changed[-1] if changed else provenance.machine.threads


def add_end(
    provenance: Provenance,
    step: int,
    stopped: str | None = None,
    failed: Exception | None = None,
) -> Provenance:
    """``provenance`` with how the run ended after ``step``: by itself, ``stopped`` by someone, or
    ``failed`` with an error."""
    ended = End(when=_now(), step=step, stopped=stopped)
    if failed is not None:
        ended = ended.model_copy(update={"failed": reason_of(failed)})
    return provenance.model_copy(update={"ended": ended})


def command_line() -> tuple[str, ...]:
    """What this process was started with."""
    return (Path(sys.argv[0]).name, *sys.argv[1:])


def _components(config: RunConfig) -> tuple[ComponentRecord, ...]:
    return tuple(
        ComponentRecord(
            slot=component.slot,
            name=component.registered.canonical,
            version=component.registered.component.version,
            kind=component.registered.component.kind,
        )
        for component in config.component_configs
    )


def _renewed_origins(
    before: Mapping[str, str], config: RunConfig, saved: str, step: int
) -> dict[str, str]:
    return {
        path: before[path] if source == saved else f"{source}, on resuming after step {step}"
        for path, source in config.origins.items()
        if source != saved or path in before
    }


def _versions(config: RunConfig) -> dict[str, str]:
    sources = [component.source for component in config.components]
    libraries = {name: found for name in _LIBRARIES if (found := _version(name))}
    return {**libraries, **{source.name: source.version for source in sources}}


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _machine(device: torch.device, processes: int) -> MachineRecord:
    on_gpu = device.type == "cuda"
    return MachineRecord(
        device=str(device),
        device_name=torch.cuda.get_device_name(device) if on_gpu else platform.machine(),
        threads=torch.get_num_threads(),
        processes=processes,
        platform=platform.platform(),
        python=platform.python_version(),
        cuda=torch.version.cuda if on_gpu else None,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
