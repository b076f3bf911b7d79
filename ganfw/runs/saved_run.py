"""What a saved run needs to go on: its config, a checkpoint, its components and its data."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

from ..config.layers import SEVERAL, SINGLE, Layer, toml_layer, why_unreadable
from ..errors import CheckpointError, DataError, RunError, UsageError
from ..registry.compatibility import find_recorded
from ..registry.component import KINDS, kind_in
from ..registry.registry import Registry
from ..storage.checkpoint import CheckpointStore
from ..storage.run_dir import RunDir
from .records import DataRecord, Provenance


def checkpoint_to_resume(folder: RunDir, from_step: int | None) -> int:
    """The last saved step, or ``from_step``. Raises CheckpointError where nothing is saved,
    UsageError for a step that is not."""
    store = CheckpointStore(folder.checkpoints)
    steps = store.steps()
    if not steps:
        raise CheckpointError(f"{folder.path} has no checkpoint to resume from; start it anew")
    if from_step is None:
        return store.last or 0
    if from_step not in steps:
        raise UsageError(f"{folder.path} has no checkpoint of step {from_step}; it has {steps}")
    return from_step


def check_installed(registry: Registry, provenance: Provenance, path: Path) -> None:
    """Raises RunError for a component of the run in ``path`` that is not installed, or means
    something else by now."""
    for component in provenance.components:
        kind = component.kind or kind_in(component.slot)
        if kind not in KINDS:
            raise RunError(
                f"{path} has a component in '{component.slot}', which this ganfw does not know: "
                "install a newer one"
            )
        release = provenance.versions.get(component.name.partition("/")[0], "")
        find_recorded(registry, kind, component.name, component.version, release, str(path))


def saved_layer(folder: RunDir) -> Layer:
    """The run as it was saved; its lists of losses, callbacks and so on are complete. Raises
    RunError if the file is damaged, UsageError if it is no TOML of a run."""
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
    return Layer(layer.source, layer.values, frozenset(SEVERAL))


def moved(saved: Layer, place: Path, path: Path, source: str) -> Layer:
    """The data of the ``saved`` run in ``path``, now at ``place``. Raises UsageError for data that
    has no place."""
    option = _place(saved)
    if option is None:
        raise UsageError(
            f"{path} was trained on '{saved.values['data']['use']}', which is no folder that can "
            "move: leave --data out"
        )
    return Layer(source, {"data": {option: str(place.expanduser().absolute())}})


def check_not_moved(saved: Layer, changes: Layer, path: Path, command: str) -> None:
    """Raises DataError if the data of the run in ``path`` is gone from where it was, and no change
    says where it is now."""
    option = _place(saved)
    if option is None or option in changes.values.get("data", {}):
        return
    place = saved.values["data"][option]
    if not Path(place).expanduser().exists():
        raise DataError(
            f"the data of {path} is no longer at {place}: if it was moved, say where it is now: "
            f"ganfw {command} {path} --data PATH"
        )


def place_in(changes: Layer, saved: Layer) -> Layer:
    """Of the ``changes`` of a ``saved`` run only where its data is now."""
    before, data = saved.values["data"], changes.values.get("data", {})
    places = {_place(saved), *(key for key, value in before.items() if _is_absolute(value))}
    moved = {key: value for key, value in data.items() if key in places}
    return Layer(changes.source, {"data": moved} if moved else {})


def _place(saved: Layer) -> str | None:
    """The option that says where the data is, if one does."""
    data = saved.values["data"]
    if "root" in data:
        return "root"
    return next((key for key, value in data.items() if _is_absolute(value)), None)


def _is_absolute(value: object) -> bool:
    """Whether it is a path from the root, on this system or the one that the run comes from."""
    if not isinstance(value, str):
        return False
    return PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute()


def check_same_data(fingerprint: str, examples: int, recorded: DataRecord, path: Path) -> None:
    """Raises DataError unless the data is what the run in ``path`` began with."""
    if fingerprint != recorded.fingerprint:
        raise DataError(
            f"the data of {path} has changed since the run began ({recorded.examples} samples "
            f"then, {examples} now): put it back, or start a new run"
        )
