"""Third networks: what can be one, and the optimizers that they share with a player."""

from __future__ import annotations

from ..errors import UsageError, did_you_mean
from ..registry.component import FIRST_OPTIMIZER, KIND_OF, OPTIMIZER
from ..registry.registry import Registered, Registry
from .layers import Tree

PLAYERS = ("gen", "disc")
NETWORK_KINDS = ("network", *(KIND_OF[side] for side in PLAYERS))
"""The kinds of components that can be a third network; one's own kind comes first."""


def find_network(registry: Registry, use: str, sides: tuple[str, ...] = PLAYERS) -> Registered:
    """The component that ``use`` means: a network, or what plays on one of these ``sides``.

    Raises UsageError if there is none.
    """
    kinds = ("network", *(KIND_OF[side] for side in sides))
    for kind in kinds:
        if registry.has(kind, use):
            return registry.find(kind, use)
    known = [registered.name for kind in kinds for registered in registry.components(kind)]
    hint = did_you_mean(use, known) or f"; there are {', '.join(known)}"
    raise UsageError(f"no {' or '.join(kinds)} '{use}'{hint}")


def check_names(networks: Tree) -> None:
    """Raises UsageError for a third network with the name of a player."""
    for name in PLAYERS:
        if name in networks:
            raise UsageError(
                f"network '{name}': a player has that name; write "
                f"--network another={networks[name]['use']}"
            )


def share_optimizers(tree: Tree, origins: dict[str, str]) -> None:
    """Give each third network in ``tree`` the optimizer of its side's player, but for what it has
    of its own; ``origins`` are kept."""
    for name, network in tree["network"].items():
        side = "disc" if network.get("side") == "disc" else "gen"
        shared = tree[side].get(OPTIMIZER, {"use": FIRST_OPTIMIZER})
        own = network.get(OPTIMIZER, {})
        if own.get("use", shared["use"]) != shared["use"]:
            continue
        network[OPTIMIZER] = {**shared, **own}
        for key in shared.keys() - own.keys():
            origin = origins.get(f"{side}.{OPTIMIZER}.{key}", "default")
            origins[f"network.{name}.{OPTIMIZER}.{key}"] = origin
