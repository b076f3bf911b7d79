"""Layers merged: what fills each slot, every value, and which layer set it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import UsageError, did_you_mean
from ..registry.component import KIND_OF
from ..registry.registry import Registered, Registry
from .layers import SECTIONS, SINGLE, Layer, Tree, default_layer, settings_layer

PATH_DATASET = "folder"
"""The dataset that ``--data PATH`` means; its option ``root`` takes the path."""

_ENGINE_KEYS = {"use", "optimizer", "asked"}
_FIRST_OPTIMIZER = "adam"


@dataclass
class Merged:
    """All layers in one tree, which source set each path, and what was dropped on the way."""

    tree: Tree = field(default_factory=lambda: {section: {} for section in SECTIONS})
    origins: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def merge(registry: Registry, layers: Iterable[Layer]) -> Merged:
    """Merge ``layers``, weakest first, under the default layer and with components' suggestions.

    What fills a slot is settled first, since the strongest layer decides whose suggestions count.
    """
    given = [default_layer(), *(_with_paths(registry, layer) for layer in layers)]
    merged = _merge(registry, given)
    component_configs = [_filled(registry, merged.tree, slot) for slot in SINGLE]
    component_configs += [
        (f"loss {name}", registry.find("loss", value["use"]))
        for name, value in merged.tree["loss"].items()
    ]
    suggested = [
        settings_layer(registered.component.suggests, f"suggested by {where}")
        for where, registered in component_configs
        if registered.component.suggests
    ]
    return _merge(registry, [given[0], *suggested, *given[1:]])


def merge_data(registry: Registry, layers: Iterable[Layer]) -> Tree:
    """What ``layers`` say of the data alone, where there is no run around it."""
    tree = _merge(registry, (_with_paths(registry, layer) for layer in layers)).tree
    _filled(registry, tree, "data")
    return tree["data"]  # type: ignore[no-any-return]


def _filled(registry: Registry, tree: Tree, slot: str) -> tuple[str, Registered]:
    kind = KIND_OF[slot]
    if "use" not in tree[slot]:
        names = ", ".join(each.name for each in registry.components(kind))
        raise UsageError(f"no {kind} chosen: give --{slot} NAME; there are {names}")
    use = tree[slot]["use"]
    if slot == "data" and "/" not in use and not registry.has(kind, use):
        hint = did_you_mean(use, [each.name for each in registry.components(kind)])
        raise UsageError(f"no dataset '{use}'{hint or '.'} A folder is given as a path: ./{use}")
    registered = registry.find(kind, use)
    return f"{slot} {registered.name}", registered


def _with_paths(registry: Registry, layer: Layer) -> Layer:
    """The same layer, with a path in the data slot turned into the dataset that takes paths."""
    data = layer.values.get("data", {})
    use = data.get("use")
    if not isinstance(use, str) or registry.has("dataset", use) or not _is_path(use):
        return layer
    root = str(Path(use).expanduser().absolute())
    return Layer(
        layer.source,
        {**layer.values, "data": {**data, "use": PATH_DATASET, "root": root}},
        layer.replaces,
    )


def _is_path(use: str) -> bool:
    return use.startswith((".", "~")) or Path(use).is_absolute() or Path(use).is_dir()


def _merge(registry: Registry, layers: Iterable[Layer]) -> Merged:
    merged = Merged()
    for layer in layers:
        for section, values in layer.values.items():
            if section in SINGLE:
                _fill(registry, merged, section, values, layer.source)
            elif section == "train":
                _keep_one_length(merged, values, layer.source)
                _set(merged, section, merged.tree[section], values, layer.source)
            else:
                _fill_several(registry, merged, section, values, layer)
    return merged


def _fill(registry: Registry, merged: Merged, slot: str, values: Tree, source: str) -> None:
    """Lay ``values`` over a single slot. New component: the old one's options go, and that is said.
    The optimizer belongs to the player, not to what fills it, so it stays."""
    place = merged.tree[slot]
    use = values.get("use", "")
    if not isinstance(use, str):
        raise UsageError(f"{source}: {slot}.use must be a name, not {use!r}")
    if use and "use" in place:
        _replace(registry, merged, slot, values)
    optimizer = values.get("optimizer")
    if optimizer is not None:
        if not isinstance(optimizer, dict):
            raise UsageError(f"{slot}.optimizer must be a table, such as {slot}.optimizer.lr")
        _set_optimizer(merged, slot, optimizer, source)
    rest = {key: value for key, value in values.items() if key != "optimizer"}
    _set(merged, slot, place, rest, source)


def _replace(registry: Registry, merged: Merged, slot: str, values: Tree) -> None:
    place = merged.tree[slot]
    old = registry.find(KIND_OF[slot], place["use"])
    new = registry.find(KIND_OF[slot], values["use"])
    if old.canonical == new.canonical:
        return
    dropped = [key for key in place if key not in _ENGINE_KEYS]
    for key in dropped:
        del place[key]
        merged.origins.pop(f"{slot}.{key}", None)
    lost = sorted(key for key in dropped if key not in values)
    if lost:
        merged.notices.append(
            f"{slot}: '{old.name}' gives way to '{new.name}'; its options "
            f"{', '.join(lost)} are dropped"
        )


def _set_optimizer(merged: Merged, slot: str, values: Tree, source: str) -> None:
    path = f"{slot}.optimizer"
    place = merged.tree[slot].setdefault("optimizer", {})
    old = place.get("use", _FIRST_OPTIMIZER)
    new = values.get("use", old)
    dropped = [key for key in place if key != "use"] if new != old else []
    for key in dropped:
        del place[key]
        merged.origins.pop(f"{path}.{key}", None)
    if dropped:
        merged.notices.append(
            f"{path}: '{old}' gives way to '{new}'; its {', '.join(sorted(dropped))} "
            f"{'is' if len(dropped) == 1 else 'are'} dropped"
        )
    _set(merged, path, place, values, source)


def _fill_several(
    registry: Registry, merged: Merged, section: str, values: Tree, layer: Layer
) -> None:
    place = merged.tree[section]
    if section in layer.replaces:
        for name in [name for name in place if name not in values]:
            del place[name]
    for name, options in values.items():
        if not isinstance(options, dict):
            raise UsageError(f"-s {section}.{name}: write {section}.NAME.OPTION=VALUE")
        if name not in place and "use" not in options:
            registry.find(KIND_OF[section], name)
            raise UsageError(
                f"{section} '{name}' takes no part in this run; add --{section} {name}"
            )
        _set(
            merged,
            f"{section}.{name}",
            place.setdefault(name, {"use": name}),
            options,
            layer.source,
        )
    if section in layer.replaces:
        # The order of a list is the order in the strongest layer that gives the whole of it.
        for name in values:
            place[name] = place.pop(name)


def _keep_one_length(merged: Merged, values: Tree, source: str) -> None:
    """Who asks for so many steps doesn't mean the epochs that someone else asked for, nor the
    other way round. Given by one source, both hold: the run ends with the first that is over."""
    for given, other in (("steps", "epochs"), ("epochs", "steps")):
        path = f"train.{other}"
        if given in values and other not in values and merged.origins.get(path) != source:
            merged.tree["train"][other] = None
            merged.origins.pop(path, None)


def _set(merged: Merged, path: str, place: Tree, values: Tree, source: str) -> None:
    for key, value in values.items():
        place[key] = value
        merged.origins[f"{path}.{key}"] = source
