"""Layers merged: what fills each slot, every value, and which layer set it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import UsageError, did_you_mean
from ..registry.component import FIRST_OPTIMIZER, KIND_OF, OPTIMIZER, kind_in
from ..registry.registry import Registered, Registry
from ..storage.nearby import nearby
from .data_paths import in_place_of, with_path
from .known_data import where_found
from .layers import SECTIONS, SINGLE, Layer, Tree, check_name, default_layer, settings_layer
from .networks import NETWORK_KINDS, check_names, share_optimizers
from .recipes import default_recipe

_ENGINE_KEYS = {"use", OPTIMIZER, "asked", "side", "enabled"}


@dataclass
class Merged:
    """All layers in one tree, which source set each path, and what was dropped on the way."""

    tree: Tree = field(default_factory=lambda: {section: {} for section in SECTIONS})
    origins: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    lengths: dict[str, str] = field(default_factory=dict)
    """Who set ``steps`` and ``epochs`` last."""

    def set(self, path: str, place: Tree, values: Tree, source: str) -> None:
        """Put ``values`` into ``place``, the table at ``path``."""
        for key, value in values.items():
            place[key] = value
            self.origins[f"{path}.{key}"] = source


def merge(registry: Registry, layers: Iterable[Layer]) -> Merged:
    """Merge ``layers``, weakest first, above the defaults and the components' suggestions.

    The slots are filled first, since the strongest layer decides whose suggestions count.
    """
    default, given = default_layer(), list(layers)
    tree = merge_layers(registry, [default, *given]).tree
    chosen = [(slot, _chosen(registry, tree, slot)) for slot in SINGLE]
    chosen += [("loss", registry.find("loss", loss["use"])) for loss in tree["loss"].values()]
    suggested = [
        settings_layer(registered.component.suggests, f"suggested by {slot} {registered.name}")
        for slot, registered in chosen
        if registered.component.suggests
    ]
    merged = merge_layers(registry, [default, *suggested, *given])
    check_names(merged.tree["network"])
    share_optimizers(merged.tree, merged.origins)
    return merged


def with_default_recipe(registry: Registry, layers: Iterable[Layer]) -> list[Layer]:
    """``layers`` above the recipe that suits their data, if they choose no networks."""
    given = list(layers)
    slots = _sections(given, SINGLE)
    return [*default_recipe(registry, merge_layers(registry, slots).tree), *given]


def merge_data(registry: Registry, layers: Iterable[Layer]) -> Tree:
    """The section ``[data]`` that ``layers`` give, without a run around it."""
    tree = merge_layers(registry, _sections(layers, ["data"])).tree
    _chosen(registry, tree, "data")
    data: Tree = tree["data"]
    return data


def _sections(layers: Iterable[Layer], sections: Iterable[str]) -> list[Layer]:
    """``layers`` with nothing but these ``sections`` of them."""
    names = list(sections)
    return [Layer(it.source, {name: it.values.get(name, {}) for name in names}) for it in layers]


def _chosen(registry: Registry, tree: Tree, slot: str) -> Registered:
    """The component that fills a single slot. Raises UsageError if there is none."""
    kind = KIND_OF[slot]
    names = [registered.name for registered in registry.components(kind)]
    use = tree[slot].get("use")
    if use is None:
        path = " or a folder of pictures, ./PATH" if slot == "data" else ""
        raise UsageError(
            f"no {kind} chosen: give --{slot} NAME{path}; there are {', '.join(names)}"
        )
    if slot == "data" and not registry.has(kind, use) and _looks_bare(use):
        raise UsageError(f"no dataset '{use}'{_no_dataset(registry, use, names)}")
    return registry.find(kind, use)


def _looks_bare(use: str) -> bool:
    """Whether it is no name with its distribution, for which the registry has a message."""
    path = Path(use)
    return "/" not in use or path.parent.is_dir() or bool(nearby(path))


def _no_dataset(registry: Registry, use: str, names: list[str]) -> str:
    """What to write in place of ``use``, which is neither a dataset nor a path."""
    path = Path(use)
    if instead := in_place_of(use):
        return f": {instead}"
    if "/" in use:
        return f": there is no such folder{nearby(path)}"
    if not use.strip():
        return ": give a folder of pictures, ./PATH"
    hint = registry.preset_hint("dataset", use) or where_found(use) or registry.elsewhere(use)
    if hint := hint or did_you_mean(use, names) or nearby(path):
        return hint
    if "\\" in use:
        return ": a path is written with / here, as in ./photos"
    return f". A folder is given as a path: ./{use}"


def merge_layers(registry: Registry, layers: Iterable[Layer]) -> Merged:
    """Merge ``layers`` and nothing else, whether or not they fill all slots."""
    merged, given = Merged(), list(layers)
    for position, plain in enumerate(given):
        options = {key for it in given[position:] for key in it.values.get("data", {})}
        layer = with_path(registry, plain, options)
        merged.notices += [layer.notice] if layer.notice else []
        for section, values in layer.values.items():
            if section in SINGLE:
                place = merged.tree[section]
                _merge_player(registry, merged, section, place, values, layer.source)
            elif section == "train":
                _keep_one_length(merged, values, layer.part_of or layer.source)
                merged.set(section, merged.tree[section], values, layer.source)
            else:
                _merge_list(registry, merged, section, values, layer)
    return merged


def _merge_player(
    registry: Registry, merged: Merged, path: str, place: Tree, values: Tree, source: str
) -> None:
    """Merge ``values`` into ``place``, what fills ``path``. The optimizer belongs to the player, so
    that it stays when the network is replaced."""
    rest = {key: value for key, value in values.items() if key != OPTIMIZER}
    _merge_component(registry, merged, path, place, rest, source)
    optimizer = values.get(OPTIMIZER, {})
    if not isinstance(optimizer, dict):
        raise UsageError(f"{path}.optimizer must be a table, such as {path}.optimizer.lr")
    if optimizer:
        # A third network has its player's, unless it says otherwise.
        first = {"use": FIRST_OPTIMIZER} if path in SINGLE else {}
        chosen = place.setdefault(OPTIMIZER, first)
        _merge_component(registry, merged, f"{path}.{OPTIMIZER}", chosen, optimizer, source)


def _merge_component(
    registry: Registry, merged: Merged, path: str, place: Tree, values: Tree, source: str
) -> None:
    """Merge ``values`` into ``place``, the table at ``path``; a component that replaces another
    drops the other's options, with a notice of those lost."""
    use = values.get("use")
    if use is not None and not isinstance(use, str):
        raise UsageError(f"{source}: {path}.use must be a name, not {use!r}")
    if use and "use" in place and _differ(registry, kind_in(path), use, place["use"]):
        dropped = sorted(place.keys() - _ENGINE_KEYS)
        for key in dropped:
            del place[key]
            merged.origins.pop(f"{path}.{key}", None)
        lost = [key for key in dropped if key not in values]
        if lost:
            merged.notices.append(
                f"{path}: '{use}' replaces '{place['use']}'; options dropped: {', '.join(lost)}"
            )
    merged.set(path, place, values, source)


def _differ(registry: Registry, kind: str, first: str, second: str) -> bool:
    """Whether two names, bare or canonical, mean two components. One may be unknown by now, if the
    other takes its place."""
    kinds = NETWORK_KINDS if kind == "network" else (kind,)

    def found(use: str) -> list[Registered]:
        return [registry.find(kind, use) for kind in kinds if registry.has(kind, use)]

    return found(first) != found(second)


def _merge_list(
    registry: Registry, merged: Merged, section: str, values: Tree, layer: Layer
) -> None:
    place = merged.tree[section]
    if section in layer.replaces:
        # Also the order is that of the strongest layer that gives the whole list.
        kept = {name: place.get(name, {}) for name in values}
        place.clear()
        place.update(kept)
    for name, options in values.items():
        if not isinstance(options, dict):
            raise UsageError(f"-s {section}.{name}: write {section}.NAME.OPTION=VALUE")
        if name not in place and "use" not in options:
            if hint := did_you_mean(name, place):
                raise UsageError(f"no {section} '{name}' in this run{hint}")
            registry.find(KIND_OF[section], name)
            raise UsageError(
                f"{section} '{name}' takes no part in this run; add --{section} {name}"
            )
        if name not in place:
            check_name(section, name)
        merge = _merge_player if section == "network" else _merge_component
        path, component = f"{section}.{name}", place.setdefault(name, {})
        merge(registry, merged, path, component, options, layer.source)
        if "use" in options:
            merged.origins[f"{path}.name"] = layer.source


def _keep_one_length(merged: Merged, values: Tree, source: str) -> None:
    """A layer that sets steps overrules epochs that another source set, and the other way round.
    If one source gives both, both hold: the run ends with the one that is reached first."""
    for given, other in (("steps", "epochs"), ("epochs", "steps")):
        if given not in values:
            continue
        merged.lengths[given] = source
        if other not in values and merged.lengths.get(other) != source:
            merged.tree["train"][other] = None
            merged.origins.pop(f"train.{other}", None)
