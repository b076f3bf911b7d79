"""``-s lr=3``: what a path without its section may have meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..errors import UsageError, did_you_mean
from ..registry.component import OPTIMIZER, SLOT_OF
from ..registry.registry import Registry
from .layers import SECTIONS, SEVERAL, Layer, default_layer
from .merge import merge_layers, with_default_recipe
from .networks import PLAYERS
from .paths import settable_paths
from .schema import TrainOptions
from .synonyms import meant_by

_FLAGS = ("batch_size", "device", "epochs", "latent_dim", "lr", "name", "precision", "seed", "size",
          "steps")  # fmt: skip
"""Options that have a flag of their own."""


def check_paths(registry: Registry, layers: Sequence[Layer], paths: Iterable[str]) -> None:
    """Raises UsageError for a path among ``paths`` whose section is missing or wrong, if the run
    that ``layers`` describe has an option of that name elsewhere."""
    lost = [path for path in paths if _is_lost(path)]
    known = _known(registry, layers) if lost else []
    for path in [path for path in lost if path not in known]:
        if ways := _ways(path, known):
            *first, last = ways
            raise UsageError(f"-s {path}: write {', '.join(first)}{', or ' * bool(first)}{last}")


def _is_lost(path: str) -> bool:
    section, _, name = path.partition(".")
    if section in SEVERAL and "." not in name:
        return True
    if section in PLAYERS and "." not in name:
        return name != "use"
    if section != "train":
        return section not in SECTIONS or not name
    return name not in TrainOptions.model_fields and not did_you_mean(
        name, TrainOptions.model_fields
    )


def _known(registry: Registry, layers: Sequence[Layer]) -> list[str]:
    whole = [default_layer(), *with_default_recipe(registry, layers)]
    return [path for path, _ in settable_paths(registry, merge_layers(registry, whole).tree)]


def _ways(path: str, known: Sequence[str]) -> list[str]:
    section, _, rest = path.partition(".")
    moved = f"{SLOT_OF.get(section, section)}.{rest}"
    for place in (moved, f"{section}.{OPTIMIZER}.{rest}"):
        if place in known:
            return [place]
    if section in PLAYERS or (section in SEVERAL and not rest):
        return []  # the component knows its options
    typed = path.rpartition(".")[2]
    if section in SEVERAL:
        return [it for it in known if it.startswith(f"{section}.") and it.endswith(f".{typed}")]
    meant = meant_by(typed)
    name = meant[2:].replace("-", "_") if meant.startswith("--") else typed
    places = [place for place in known if place.rpartition(".")[2] == name]
    meant = meant.replace("|", " or ")
    flag = f"--{name.replace('_', '-')}" if name in _FLAGS else "" if places else meant
    return [*places, *([f"{flag} for both" if name == "lr" else flag] if flag else [])]
