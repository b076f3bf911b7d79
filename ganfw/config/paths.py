"""Every path that ``-s`` takes in a run."""

from __future__ import annotations

from collections.abc import Iterator

from ..interfaces.options import Options
from ..registry.component import FIRST_OPTIMIZER, OPTIMIZER, kind_in
from ..registry.registry import Registry
from .describe import describe
from .layers import SEVERAL, SINGLE, Tree
from .networks import NETWORK_KINDS, PLAYERS
from .schema import SLOT_KEYS, TrainOptions


def settable_paths(registry: Registry, tree: Tree) -> Iterator[tuple[str, str]]:
    """Every path that can be set in a run with the components of ``tree``, with its description."""
    for slot in SINGLE:
        yield from _component(registry, slot, slot, tree[slot])
    for slot in PLAYERS:
        yield from _options(slot, SLOT_KEYS[slot])
        yield from _optimizer(registry, slot, tree[slot])
    for name, values in tree["network"].items():
        player = tree["disc" if values.get("side") == "disc" else "gen"]
        shared = player.get(OPTIMIZER, {})
        own = {OPTIMIZER: {**shared, **values.get(OPTIMIZER, {})}}
        yield from _optimizer(registry, f"network.{name}", own)
    for slot in SEVERAL:
        for name, values in tree[slot].items():
            yield from _component(registry, slot, f"{slot}.{name}", values)
            yield from _options(f"{slot}.{name}", SLOT_KEYS.get(slot, Options))
    yield from _options("train", TrainOptions)


def _component(registry: Registry, slot: str, path: str, values: Tree) -> Iterator[tuple[str, str]]:
    use = values.get("use", "")
    kinds = NETWORK_KINDS if slot == "network" else (kind_in(slot),)
    for kind in [kind for kind in kinds if registry.has(kind, use)][:1]:
        yield from _options(path, registry.find(kind, use).load_options())


def _optimizer(registry: Registry, path: str, player: Tree) -> Iterator[tuple[str, str]]:
    chosen = {"use": FIRST_OPTIMIZER, **player.get(OPTIMIZER, {})}
    path = f"{path}.{OPTIMIZER}"
    yield from _component(registry, path, path, chosen)


def _options(path: str, model: type[Options]) -> Iterator[tuple[str, str]]:
    for option in describe(model):
        yield f"{path}.{option.name}", option.description
