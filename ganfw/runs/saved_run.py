"""Taking up a run where it stopped: what must be there, and be what it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..config.layers import SINGLE, Layer, toml_layer, why_unreadable
from ..errors import CheckpointError, DataError, RunError, UsageError
from ..registry.compatibility import find_recorded
from ..registry.component import KIND_OF
from ..registry.registry import Registry
from ..storage.checkpoint import CheckpointStore
from ..storage.run_dir import RunDir
from . import provenance


def check_format(record: dict[str, Any], path: Path) -> None:
    """Raises RunError for a run of a newer ganfw than this."""
    if record.get("format", 0) > provenance.FORMAT:
        raise RunError(
            f"{path} was made by a newer ganfw (run format {record['format']}, this one reads "
            f"up to {provenance.FORMAT}): install ganfw>={record['versions']['ganfw']}"
        )


def checkpoint_to_resume(folder: RunDir, from_step: int | None) -> int:
    store = CheckpointStore(folder.checkpoints)
    steps = store.steps()
    if not steps:
        raise CheckpointError(f"{folder.path} has no checkpoint to resume from; start it anew")
    if from_step is None:
        return store.last or 0
    if from_step not in steps:
        raise UsageError(f"{folder.path} has no checkpoint of step {from_step}; it has {steps}")
    return from_step


def check_installed(registry: Registry, record: dict[str, Any], path: Path) -> None:
    for component in record["components"]:
        name, kind = component["name"], KIND_OF[component["slot"]]
        release = record["versions"].get(name.partition("/")[0], "")
        find_recorded(registry, kind, name, component["version"], release, str(path))


def saved_layer(folder: RunDir) -> Layer:
    """The run as it was saved: also its callbacks are all of them. Raises RunError if the file is
    damaged, UsageError if it is no TOML of a run."""
    path = folder.config
    try:
        layer = toml_layer(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path} can't be read: {why_unreadable(error)}") from None
    for section in (*SINGLE, "train"):
        if section not in layer.values:
            raise RunError(f"{path} is damaged: it has no section [{section}]")
        if section in SINGLE and "use" not in layer.values[section]:
            raise RunError(f'{path} is damaged: its section [{section}] has no use = "name"')
    return Layer(layer.source, layer.values, frozenset({"loss", "augment", "callback", "metric"}))


def check_same_data(fingerprint: str, examples: int, recorded: dict[str, Any], path: Path) -> None:
    """Raises DataError unless the data is what the run in ``path`` began with."""
    if fingerprint != recorded["fingerprint"]:
        raise DataError(
            f"the data of {path} has changed since the run began ({recorded['examples']} samples "
            f"then, {examples} now): put it back, or start a new run"
        )
